-- Shared by every script of the ledger (prepended when they are loaded). All documents change state here and only here.
--
-- Keys (database redis.ledger_db):
--   batch:<job_id>            hash    tenant, options, created_at, finished_at, total and one counter per document state; if the
--                                     submitter asked for it: idempotency (key of its record), webhook (JSON {url, secret}),
--                                     webhook_attempts, webhook_state (pending, delivered, or why it was given up)
--   batch:<job_id>:documents  list    document ids in submission order
--   document:<id>             hash    job_id, tenant, filename, custom_id, sha256, size, priority, large (1 or 0), state, attempts (claims so
--                                     far, also the fencing token), lost (attempts that ended without an answer), owner
--                                     (Celery task id), call (id of the call that claimed it), extended (1: cut by time once, next attempt is slow), problem, result_key, pages_key, created_at, started_at, finished_at,
--                                     note (JSON: where the running attempt was when its worker was last heard of), losses (one line of JSON
--                                     a lost attempt); the last two may be absent
--                                     while it is read in parts: split (attempt that cut it), parts (how many), parts_left, splits
--                                     (how often it was cut), suspect (1: a part was lost); all may be absent
--   document:<id>.<split>.<n> hash    a part, from 1: part_of, work (what to read), heavy, large, tenant, job_id, priority, state (queued, running),
--                                     attempts, lost, owner, extended, started_at; gone when it is done. It is queued, leased and
--                                     taken back as a document is; meanwhile the document is running, without a lease
--   tenant:<tenant>:batches   zset    job id -> created_at
--   finished                  zset    job id -> finished_at
--   queued                    zset    document id -> when a message was last published for it
--   waiting:<lane>            zset    document id -> since when it is queued in this lane (a priority, large, scans, suspect or slow)
--   line:<lane>:<tenant>      zset    the same of one tenant; with turns:<lane> it can be made anew from waiting:<lane> (survey.lua)
--   turns:<lane>              zset    tenant with a line in this lane -> its turn; who has been served goes to the end
--   turn                      hash    the counters behind it: tenants (turns given so far), claims (of documents)
--   heavy                     set     documents and parts claimed in the lanes large and scans; those that run no more are taken out
--                                     when it is read
--   running                   zset    document id -> when its lease ends
--   owners                    hash    Celery task id -> the document or part that it runs
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
--   slots                     hash    worker name -> documents it judges at once, if it takes large ones
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

-- Where the message of a queued document (or part) goes: suspect after a lost attempt, slow after a result cut by time,
-- scans for pages to recognise and large for what takes long (unless the priority is high), else by priority. For a
-- document, what it depends on never changes while it is queued.
local function lane_of(id)
  local document = redis.call('HMGET', 'document:' .. id, 'lost', 'priority', 'extended', 'part_of', 'heavy', 'large')
  local lost = tonumber(document[1]) > 0
  -- A part that was lost makes the others suspect: each of them could take a whole worker with it.
  if document[4] then lost = lost or redis.call('HGET', 'document:' .. document[4], 'suspect') == '1' end
  if lost then return 'suspect' end
  if document[3] == '1' then return 'slow' end
  if document[2] == 'high' then return 'high' end
  if document[5] == '1' then return 'scans' end
  if document[6] == '1' then return 'large' end
  return document[2]
end

local function tenant_of(id)
  local known = redis.call('HMGET', 'document:' .. id, 'tenant', 'part_of')
  return known[1] or redis.call('HGET', 'document:' .. known[2], 'tenant')
end

-- Put a document at the end of its tenant's line, and its tenant at the end of the tenants if it had no line.
local function line_up(id, since, lane, tenant)
  lane, tenant = lane or lane_of(id), tenant or tenant_of(id)
  redis.call('ZADD', 'waiting:' .. lane, since, id)
  redis.call('ZADD', 'line:' .. lane .. ':' .. tenant, since, id)
  if not redis.call('ZSCORE', 'turns:' .. lane, tenant) then
    redis.call('ZADD', 'turns:' .. lane, redis.call('HINCRBY', 'turn', 'tenants', 1), tenant)
  end
end

local function step_out(id)
  local lane, tenant = lane_of(id), tenant_of(id)
  local line = 'line:' .. lane .. ':' .. tenant
  redis.call('ZREM', 'waiting:' .. lane, id)
  redis.call('ZREM', line, id)
  if redis.call('EXISTS', line) == 0 then redis.call('ZREM', 'turns:' .. lane, tenant) end
end

local function disown(id)
  local owner = redis.call('HGET', 'document:' .. id, 'owner')
  if owner and owner ~= '' and redis.call('HGET', 'owners', owner) == id then redis.call('HDEL', 'owners', owner) end
  redis.call('HSET', 'document:' .. id, 'owner', '')
end

-- Move document `id` from state `from` to state `to` and keep the batch's counters; `time` is now().
local function move(id, from, to, time)
  local document = 'document:' .. id
  local known = redis.call('HMGET', document, 'job_id', 'part_of')
  local job_id = known[1]
  redis.call('HSET', document, 'state', to)
  if known[2] then -- a part is counted nowhere; its document is
    redis.call('ZREM', from, id)
    if from == 'queued' then step_out(id) end
    if to == 'queued' then line_up(id, stamp(time)) end
    disown(id)
    return
  end
  redis.call('HINCRBY', 'batch:' .. job_id, from, -1)
  redis.call('HINCRBY', 'batch:' .. job_id, to, 1)
  count(to)
  if from == 'queued' then
    redis.call('ZREM', 'queued', id)
    step_out(id)
  end
  if to == 'queued' then line_up(id, stamp(time)) end
  if from == 'running' then
    redis.call('ZREM', 'running', id)
    disown(id)
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

-- Put a document back into the queue, because of `cause` (lost, returned, partial, parts, retried); without a message it is published by the janitor's next pass.
local function requeue(id, from, time, cause)
  if not string.find(id, '.', 1, true) then count('requeued:' .. cause) end
  move(id, from, 'queued', time)
  redis.call('ZADD', 'queued', 0, id)
end

-- The ids of the parts a document was cut into; those that are done have no entry.
local function parts_of(id)
  local known, parts = redis.call('HMGET', 'document:' .. id, 'split', 'parts'), {}
  if not known[1] then return parts end -- an earlier version's retry forgot the cut, but not into how many parts
  for n = 1, tonumber(known[2] or 0) do
    local part = id .. '.' .. known[1] .. '.' .. n
    if redis.call('EXISTS', 'document:' .. part) == 1 then parts[#parts + 1] = part end
  end
  return parts
end

-- Forget the parts of a document that are not done; who works on one is refused when it answers.
local function drop_parts(id)
  for _, part in ipairs(parts_of(id)) do
    step_out(part)
    disown(part)
    for _, index in ipairs({'queued', 'running'}) do redis.call('ZREM', index, part) end
    redis.call('DEL', 'document:' .. part)
  end
  redis.call('HDEL', 'document:' .. id, 'parts', 'parts_left', 'suspect')
end

-- Let every part of a document that waits do so in the suspect lane.
local function suspect_parts(id)
  local since = {}
  for _, part in ipairs(parts_of(id)) do
    since[part] = redis.call('ZSCORE', 'waiting:' .. lane_of(part), part)
    step_out(part)
  end
  redis.call('HSET', 'document:' .. id, 'suspect', 1)
  for part, time in pairs(since) do
    if time then line_up(part, time) end
  end
end

-- Write down what is known of a lost attempt: its worker's last note, and over it `facts` (JSON or empty). Returns it.
local function record_loss(id, reason, facts, time)
  local document = 'document:' .. id
  local row = redis.call('HMGET', document, 'note', 'part_of', 'attempts', 'started_at')
  local loss = {cause = 'silence'}
  for _, text in ipairs({row[1] or '', facts}) do
    if text ~= '' then
      for name, value in pairs(cjson.decode(text)) do loss[name] = value end
    end
  end
  loss.attempt, loss.reason, loss.ended_at = tonumber(row[3]), reason, math.floor(time * 1000) / 1000
  loss.seconds = math.floor((time - tonumber(row[4])) * 1000) / 1000
  local of = 'document:' .. (row[2] or id) -- what a part lost is known of its document
  redis.call('HSET', of, 'losses', (redis.call('HGET', of, 'losses') or '') .. cjson.encode(loss) .. '\n')
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
  local parent = redis.call('HGET', document, 'part_of')
  if lost < max_attempts then
    requeue(id, 'running', time, 'lost')
    if parent then suspect_parts(parent) end
    return 'queued'
  end
  if parent then -- what kills its process as a part is what would kill it in the whole
    drop_parts(parent)
    id, document = parent, 'document:' .. parent
  end
  if redis.call('HGET', document, 'result_key') ~= '' then
    move(id, 'running', 'partial', time) -- what the attempt before the slow one had is better than nothing
    return 'partial'
  end
  local problem = cjson.encode({
    type = '/problems/document-dead', title = 'All attempts at the document were lost', status = 500,
    detail = 'Its evaluation ended without an answer ' .. lost .. ' times; the last time: ' .. reason
      .. '. An operator can look at it and retry it.',
    attempts = lost, reason = reason,
  })
  redis.call('HSET', document, 'problem', problem)
  move(id, 'running', 'dead', time)
  redis.call('ZADD', 'dead', stamp(time), id)
  return 'dead'
end
