-- Extend the leases a worker holds and note that the worker lives.
-- ARGV: worker name, lease (seconds), then pairs document_id, owner (task id)
-- Returns the ids that are no longer this worker's.
local time, lease, gone = now(), tonumber(ARGV[2]), {}
redis.call('ZADD', 'workers', stamp(time), ARGV[1])
for i = 3, #ARGV, 2 do
  local id = ARGV[i]
  if redis.call('HGET', 'document:' .. id, 'owner') == ARGV[i + 1] then
    redis.call('ZADD', 'running', 'XX', stamp(time + lease), id)
  else
    gone[#gone + 1] = id
  end
end
return gone
