--[[
End an attempt at a part. The last part queues its document again, for the attempt that joins the parts.

A repeated call reports that it came too late. That does no harm: recovery publishes what the first call queued.

ARGV    1 part id
        2 attempt (fencing token)
Returns {1, queue of the document if this was its last part, else an empty string}, or {0, ''} when it came too late
--]]
local part = 'document:' .. ARGV[1]
local known = redis.call('HMGET', part, 'state', 'attempts', 'part_of')
if known[1] ~= 'running' or known[2] ~= ARGV[2] then return {0, ''} end
redis.call('ZREM', 'running', ARGV[1])
disown(ARGV[1])
redis.call('DEL', part)
local id = known[3]
if redis.call('HINCRBY', 'document:' .. id, 'parts_left', -1) > 0 then return {1, ''} end
local time = now()
requeue(id, 'running', time, 'parts')
redis.call('ZADD', 'queued', stamp(time), id)
return {1, queue_of(id)}
