--[[
Transitions between document states, and what happens to an attempt that is lost.

  queued -> running -> succeeded | partial | failed | dead
  queued | running -> cancelled
  running -> queued          (lost attempt, worker shutdown, retry of a partial result, last part done)
  failed | dead | cancelled | partial -> queued   (retry by a client or operator)

move() is the only function that changes the state of a document. It keeps the counters of the batch, of the tenant and
of the metrics in step, so that every status is read in constant time.

Fencing: `attempts` grows with each claim and is the fencing token. A result counts only if its attempt is the current
one and the document is `running`. A worker that was frozen past its lease can therefore never overwrite the result of
a later attempt.

Dead letters: lose() counts attempts that ended without a result (killed process, hard time limit, expired lease). After
queue.max_attempts of them the document becomes `dead`. Before that it is queued again in the queue `suspect`, where it
runs alone, so that a document that kills its whole worker takes no other document with it.

Parts: a split document waits as `running`, without a lease, while its parts are claimed like documents of their own.
A part that is lost too often makes the whole document dead: it would kill the process again when read as a whole.
--]]

-- Update the batch after one of its documents changed: finished when no document is queued or running.
local function update_batch(job_id, time)
  local batch = 'batch:' .. job_id
  local left = redis.call('HMGET', batch, 'queued', 'running')
  if tonumber(left[1]) == 0 and tonumber(left[2]) == 0 then
    redis.call('HSET', batch, 'finished_at', stamp(time))
    redis.call('ZADD', 'finished', stamp(time), job_id)
    if redis.call('SREM', 'open', job_id) == 1 then count('batches-finished') end
    if redis.call('HEXISTS', batch, 'webhook') == 1 then
      redis.call('HSET', batch, 'webhook_attempts', 0, 'webhook_state', 'pending')
      redis.call('ZADD', 'webhooks', stamp(time), job_id)
    end
  else
    redis.call('HSET', batch, 'finished_at', '0')
    redis.call('ZREM', 'finished', job_id)
    redis.call('SADD', 'open', job_id)
    redis.call('ZREM', 'webhooks', job_id)
  end
end

-- Clear the owner of a document, so that its task can no longer renew or release it.
local function disown(id)
  local owner = redis.call('HGET', 'document:' .. id, 'owner')
  if owner and owner ~= '' and redis.call('HGET', 'owners', owner) == id then redis.call('HDEL', 'owners', owner) end
  redis.call('HSET', 'document:' .. id, 'owner', '')
end

-- Move a document from state `from` to state `to`; `time` is now().
local function move(id, from, to, time)
  local document = 'document:' .. id
  redis.call('HSET', document, 'state', to)
  if from == 'queued' then
    redis.call('ZREM', 'queued', id)
    dequeue(id)
  end
  if from == 'running' then
    redis.call('ZREM', 'running', id)
    disown(id)
  end
  if to == 'queued' then enqueue(id, stamp(time)) end
  if is_part(id) then return end -- only its document is counted
  local job_id = redis.call('HGET', document, 'job_id')
  redis.call('HINCRBY', 'batch:' .. job_id, from, -1)
  redis.call('HINCRBY', 'batch:' .. job_id, to, 1)
  count(to)
  if from == 'dead' then redis.call('ZREM', 'dead', id) end
  if unfinished(to) then
    redis.call('HSET', document, 'finished_at', '0')
  else
    redis.call('HSET', document, 'finished_at', stamp(time))
    local bucket = 'completed:' .. math.floor(time / 10)
    redis.call('INCR', bucket)
    redis.call('EXPIRE', bucket, 400)
  end
  if unfinished(from) ~= unfinished(to) then
    redis.call('HINCRBY', 'unfinished', redis.call('HGET', document, 'tenant'), unfinished(to) and 1 or -1)
  end
  update_batch(job_id, time)
end

-- Queue a document again. `cause` is lost, returned, partial, parts or retried. Recovery publishes its message.
local function requeue(id, from, time, cause)
  if not is_part(id) then count('requeued:' .. cause) end
  move(id, from, 'queued', time)
  redis.call('ZADD', 'queued', 0, id)
end

-- Return the unfinished parts of a split document.
local function parts_of(id)
  local known, parts = redis.call('HMGET', 'document:' .. id, 'split', 'parts'), {}
  for n = 1, tonumber(known[2] or 0) do
    local part = id .. '.' .. known[1] .. '.' .. n
    if redis.call('EXISTS', 'document:' .. part) == 1 then parts[#parts + 1] = part end
  end
  return parts
end

-- Delete the unfinished parts of a document. A worker that still reads one is fenced when it finishes.
local function delete_parts(id)
  for _, part in ipairs(parts_of(id)) do
    dequeue(part)
    disown(part)
    for _, index in ipairs({'queued', 'running'}) do redis.call('ZREM', index, part) end
    redis.call('DEL', 'document:' .. part)
  end
  redis.call('HDEL', 'document:' .. id, 'parts', 'parts_left', 'suspect')
end

-- Move the queued parts of a document to the queue `suspect`: each of them could kill a whole worker.
local function suspect_parts(id)
  local since = {}
  for _, part in ipairs(parts_of(id)) do
    since[part] = redis.call('ZSCORE', 'queue:' .. queue_of(part), part)
    if since[part] then dequeue(part) end
  end
  redis.call('HSET', 'document:' .. id, 'suspect', 1)
  for part, time in pairs(since) do
    if time then enqueue(part, time) end
  end
end

-- Append a record of a lost attempt to `losses`: the progress at its last renewal, overridden by `facts` (JSON or
-- empty). The loss of a part is recorded with its document. Returns the record.
local function record_loss(id, reason, facts, time)
  local row = redis.call('HMGET', 'document:' .. id, 'progress', 'part_of', 'attempts', 'started_at')
  local loss = {cause = 'lease-expired'}
  for _, text in ipairs({row[1] or '', facts}) do
    if text ~= '' then
      for name, value in pairs(cjson.decode(text)) do loss[name] = value end
    end
  end
  loss.attempt, loss.reason, loss.ended_at = tonumber(row[3]), reason, math.floor(time * 1000) / 1000
  loss.seconds = math.floor((time - tonumber(row[4])) * 1000) / 1000
  local document = 'document:' .. (row[2] or id)
  redis.call('HSET', document, 'losses', (redis.call('HGET', document, 'losses') or '') .. cjson.encode(loss) .. '\n')
  return loss
end

-- End a document, or the document of a part, without a result. `to` is dead or failed, `problem` is JSON. The partial
-- result of an earlier attempt stands. Returns the new state of the document.
local function end_without_result(id, to, problem, time)
  local parent = redis.call('HGET', 'document:' .. id, 'part_of')
  if parent then
    delete_parts(parent)
    id = parent
  end
  if redis.call('HGET', 'document:' .. id, 'result_key') ~= '' then
    to = 'partial'
  else
    redis.call('HSET', 'document:' .. id, 'problem', problem)
  end
  move(id, 'running', to, time)
  if to == 'dead' then redis.call('ZADD', 'dead', stamp(time), id) end
  return to
end

-- End an attempt that brought no result: queue the document again, or make it a dead letter after `max_attempts` lost
-- attempts. `reason` is a clause for people, `facts` is JSON or empty. Returns the new state of the document.
local function lose(id, reason, max_attempts, time, facts)
  local document = 'document:' .. id
  local loss = record_loss(id, reason, facts or '', time)
  count('lost:' .. loss.cause)
  if loss.stage then
    reason = reason .. ' in stage ' .. loss.stage .. (loss.page and ' at page ' .. loss.page or '')
  end
  local lost = redis.call('HINCRBY', document, 'lost', 1)
  local parent = redis.call('HGET', document, 'part_of')
  if lost < max_attempts then
    requeue(id, 'running', time, 'lost')
    if parent then suspect_parts(parent) end
    return 'queued'
  end
  local problem = cjson.encode({
    type = '/problems/document-dead', title = 'All attempts at the document were lost', status = 500,
    detail = 'None of ' .. lost .. ' attempts returned a result. Reason of the last one: ' .. reason
      .. '. An operator can inspect the document and retry it.',
    attempts = lost, reason = reason,
  })
  return end_without_result(id, 'dead', problem, time)
end
