-- End an attempt at a part; the last part queues its document again.
-- ARGV: part id, attempt
-- Returns {1 or 0 (it came too late), lane of the document to publish or an empty string}. A repeated call comes too late,
-- which does no harm: the janitor publishes what the first one queued.
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
return {1, lane_of(id)}
