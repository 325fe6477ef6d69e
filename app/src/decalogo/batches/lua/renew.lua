-- Extend the leases a worker holds, note where their attempts are, and that the worker lives.
-- ARGV: worker name, lease (seconds), slots it has for documents of any size (0: none), then pairs owner (task id), note (JSON
--       or empty)
-- Returns the owners that hold nothing (any more).
local time, lease, gone = now(), tonumber(ARGV[2]), {}
redis.call('ZADD', 'workers', stamp(time), ARGV[1])
redis.call('HSET', 'slots', ARGV[1], ARGV[3])
for i = 4, #ARGV, 2 do
  local id = redis.call('HGET', 'owners', ARGV[i])
  if id and redis.call('HGET', 'document:' .. id, 'owner') == ARGV[i] then
    redis.call('ZADD', 'running', 'XX', stamp(time + lease), id)
    if ARGV[i + 1] ~= '' then redis.call('HSET', 'document:' .. id, 'note', ARGV[i + 1]) end
  else
    gone[#gone + 1] = ARGV[i]
  end
end
return gone
