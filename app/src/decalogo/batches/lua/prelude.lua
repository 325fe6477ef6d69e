-- Shared by every script of the ledger (prepended when they are loaded). All documents change state here and only here.
--
-- Keys (database redis.ledger_db):
--   batch:<job_id>            hash    tenant, options, created_at, finished_at, total and one counter per document state; if the
--                                     submitter asked for it: idempotency (key of its record), webhook (JSON {url, secret}),
--                                     webhook_attempts, webhook_state (pending, delivered, or why it was given up)
--   batch:<job_id>:documents  list    document ids in submission order
--   document:<id>             hash    job_id, tenant, filename, custom_id, sha256, size, priority, state, attempts (claims so
--                                     far, also the fencing token), lost (attempts that ended without an answer), owner
--                                     (Celery task id), extended (1: cut by time once, next attempt is slow), problem, result_key, pages_key, created_at, started_at, finished_at,
--                                     note (JSON: where the running attempt was when its worker was last heard of), losses (one line of JSON
--                                     a lost attempt); the last two may be absent
--   tenant:<tenant>:batches   zset    job id -> created_at
--   finished                  zset    job id -> finished_at
--   queued                    zset    document id -> when its message was last published
--   waiting:<lane>            zset    document id -> since when it is queued in this lane (a priority, suspect or slow)
--   running                   zset    document id -> when its lease ends
--   dead                      zset    document id -> when it was given up
--   open                      set     job ids of batches with a document queued or running
--   totals                    hash    what happened since ever: document state -> documents that reached it; accepted, batches,
--                                     batches-finished, attempts, lost:<cause>, requeued:<cause>, redelivered, fenced, republished,
--                                     refused:<limit>
--   unfinished                hash    tenant -> its documents queued or running
--   drained:<n>               string  documents that ended in the n-th ten seconds of Unix time; expires
--   idempotency:<hash>        string  job id and fingerprint of the upload accepted with this key; expires
--   idempotency:<hash>:held   string  who is uploading with this key right now; expires
--   webhooks                  zset    job id -> when its webhook is due (or taken until)
--   admission                 hash    closed: which limit closed it (absent while it is open)
--   beat:held                 string  the scheduler that sends periodic tasks; expires
--   beat:sent                 hash    periodic task -> when it was last sent
--   workers                   zset    worker name -> last heartbeat
-- Times are Unix seconds by the server's clock, so that no worker's clock matters.

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function stamp(seconds)
  return string.format('%.6f', seconds)
end

local function count(what, by)
  redis.call('HINCRBY', 'totals', what, by or 1)
end

local function settle_batch(job_id, time)
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

local function waits(state)
  return state == 'queued' or state == 'running'
end

-- Where a queued document's message goes: suspect after a lost attempt, slow after a result cut by time, else by priority.
-- What it depends on never changes while the document is queued.
local function lane_of(id)
  local document = redis.call('HMGET', 'document:' .. id, 'lost', 'priority', 'extended')
  if tonumber(document[1]) > 0 then return 'suspect' end
  return document[3] == '1' and 'slow' or document[2]
end

-- Move document `id` from state `from` to state `to` and keep the batch's counters; `time` is now().
local function move(id, from, to, time)
  local document = 'document:' .. id
  local job_id = redis.call('HGET', document, 'job_id')
  redis.call('HSET', document, 'state', to)
  redis.call('HINCRBY', 'batch:' .. job_id, from, -1)
  redis.call('HINCRBY', 'batch:' .. job_id, to, 1)
  count(to)
  if from == 'queued' then
    redis.call('ZREM', 'queued', id)
    redis.call('ZREM', 'waiting:' .. lane_of(id), id)
  end
  if to == 'queued' then redis.call('ZADD', 'waiting:' .. lane_of(id), stamp(time), id) end
  if from == 'running' then
    redis.call('ZREM', 'running', id)
    redis.call('HSET', document, 'owner', '')
  end
  if from == 'dead' then redis.call('ZREM', 'dead', id) end
  if waits(to) then
    redis.call('HSET', document, 'finished_at', '0')
  else
    redis.call('HSET', document, 'finished_at', stamp(time))
    local bucket = 'drained:' .. math.floor(time / 10)
    redis.call('INCR', bucket)
    redis.call('EXPIRE', bucket, 400)
  end
  if waits(from) ~= waits(to) then
    redis.call('HINCRBY', 'unfinished', redis.call('HGET', document, 'tenant'), waits(to) and 1 or -1)
  end
  settle_batch(job_id, time)
end

-- Put a document back into the queue, because of `cause` (lost, returned, partial, retried); without a message it is published by the janitor's next pass.
local function requeue(id, from, time, cause)
  count('requeued:' .. cause)
  move(id, from, 'queued', time)
  redis.call('ZADD', 'queued', 0, id)
end

-- Write down what is known of a lost attempt: its worker's last note, and over it `facts` (JSON or empty). Returns it.
local function record_loss(id, reason, facts, time)
  local document = 'document:' .. id
  local row = redis.call('HMGET', document, 'note', 'losses', 'attempts', 'started_at')
  local loss = {cause = 'silence'}
  for _, text in ipairs({row[1] or '', facts}) do
    if text ~= '' then
      for name, value in pairs(cjson.decode(text)) do loss[name] = value end
    end
  end
  loss.attempt, loss.reason, loss.ended_at = tonumber(row[3]), reason, math.floor(time * 1000) / 1000
  loss.seconds = math.floor((time - tonumber(row[4])) * 1000) / 1000
  redis.call('HSET', document, 'losses', (row[2] or '') .. cjson.encode(loss) .. '\n')
  return loss
end

-- An attempt ended without an answer: try again, or give up after `max_attempts` of them. Returns the new state.
local function lose(id, reason, max_attempts, time, facts)
  local document = 'document:' .. id
  local loss = record_loss(id, reason, facts or '', time)
  count('lost:' .. loss.cause)
  if loss.stage then
    reason = reason .. ' in stage ' .. loss.stage .. (loss.page and ' at page ' .. loss.page or '')
  end
  local lost = redis.call('HINCRBY', document, 'lost', 1)
  if lost < max_attempts then
    requeue(id, 'running', time, 'lost')
    return 'queued'
  end
  if redis.call('HGET', document, 'result_key') ~= '' then
    move(id, 'running', 'partial', time) -- what the attempt before the slow one had is better than nothing
    return 'partial'
  end
  local problem = cjson.encode({
    type = '/problems/document-dead', title = 'The document was given up', status = 500,
    detail = 'Its evaluation ended without an answer ' .. lost .. ' times; the last time: ' .. reason
      .. '. An operator can look at it and retry it.',
    attempts = lost, reason = reason,
  })
  redis.call('HSET', document, 'problem', problem)
  move(id, 'running', 'dead', time)
  redis.call('ZADD', 'dead', stamp(time), id)
  return 'dead'
end
