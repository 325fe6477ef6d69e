-- Start an attempt on a queued document. A document that is running, finished or unknown is refused; so is one with a lost
-- attempt when its message did not come by the suspect lane (an old copy): it must not run among the innocent.
-- ARGV: document_id, owner (task id), lease (seconds), lane of the message
-- Returns {"claimed", attempt, job_id, options, seconds it was queued} or {"refused", state}.
local id, owner, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local document = 'document:' .. id
local known = redis.call('HMGET', document, 'state', 'lost')
local refused = known[1] ~= 'queued' and (known[1] or 'unknown')
  or tonumber(known[2]) > 0 and ARGV[4] ~= 'suspect' and 'suspect'
if refused then
  count('redelivered')
  return {'refused', refused}
end

local time = now()
local since = redis.call('ZSCORE', 'waiting:' .. lane_of(id), id) or time
count('attempts')
local attempt = redis.call('HINCRBY', document, 'attempts', 1)
move(id, 'queued', 'running', time)
redis.call('HSET', document, 'owner', owner, 'started_at', stamp(time), 'note', '')
redis.call('ZADD', 'running', stamp(time + lease), id)
local job_id = redis.call('HGET', document, 'job_id')
return {'claimed', attempt, job_id, redis.call('HGET', 'batch:' .. job_id, 'options'), stamp(time - since)}
