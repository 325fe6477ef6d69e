-- Start an attempt on a queued document (or part of one). A document that is running, finished or unknown is refused; so is one with a lost
-- attempt when its message did not come by the suspect lane (an old copy): it must not run among the innocent.
-- ARGV: document_id, owner (task id), lease (seconds), lane of the message, an id of this very call: a client that lost the
--       answer and asks again gets it again (a second message with the same task id does not)
-- Returns {"claimed", attempt, job_id, options, seconds it was queued, part_of, work, split, parts, splits} or
-- {"refused", state}.
local id, owner, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local document = 'document:' .. id
local known = redis.call('HMGET', document, 'state', 'call', 'attempts', 'owner')
local state = known[1]

local function claimed(attempt, seconds)
  local job_id = redis.call('HGET', document, 'job_id')
  local options = redis.call('HGET', 'batch:' .. job_id, 'options')
  local cut = redis.call('HMGET', document, 'part_of', 'work', 'split', 'parts', 'splits')
  return {'claimed', attempt, job_id, options, stamp(seconds), cut[1] or '', cut[2] or '', cut[3] or 0, cut[4] or 0,
    cut[5] or 0}
end

if state == 'running' and known[4] == owner and known[2] == ARGV[5] then return claimed(tonumber(known[3]), 0) end
local refused = state ~= 'queued' and (state or 'unknown')
  or ARGV[4] ~= 'suspect' and lane_of(id) == 'suspect' and 'suspect'
if refused then
  count('redelivered')
  return {'refused', refused}
end

local time = now()
local since = redis.call('ZSCORE', 'waiting:' .. lane_of(id), id) or time
if not string.find(id, '.', 1, true) then count('attempts') end
local attempt = redis.call('HINCRBY', document, 'attempts', 1)
move(id, 'queued', 'running', time)
redis.call('HSET', document, 'owner', owner, 'call', ARGV[5], 'started_at', stamp(time), 'note', '')
redis.call('ZADD', 'running', stamp(time + lease), id)
return claimed(attempt, time - since)
