-- Start an attempt on a queued document. A document that is running, finished or unknown is refused.
-- ARGV: document_id, owner (task id), lease (seconds)
-- Returns {"claimed", attempt, job_id, options} or {"refused", state}.
local id, owner, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local document = 'document:' .. id
local state = redis.call('HGET', document, 'state')
if state ~= 'queued' then return {'refused', state or 'unknown'} end

local time = now()
local attempt = redis.call('HINCRBY', document, 'attempts', 1)
move(id, 'queued', 'running', time)
redis.call('HSET', document, 'owner', owner, 'started_at', stamp(time))
redis.call('ZADD', 'running', stamp(time + lease), id)
local job_id = redis.call('HGET', document, 'job_id')
return {'claimed', attempt, job_id, redis.call('HGET', 'batch:' .. job_id, 'options')}
