-- Extend the leases a worker holds, note where their attempts are, and that the worker lives.
-- ARGV: worker name, lease (seconds), then triples document_id, owner (task id), note (JSON or empty)
-- Returns the ids that are no longer this worker's.
local time, lease, gone = now(), tonumber(ARGV[2]), {}
redis.call('ZADD', 'workers', stamp(time), ARGV[1])
for i = 3, #ARGV, 3 do
  local id = ARGV[i]
  if redis.call('HGET', 'document:' .. id, 'owner') == ARGV[i + 1] then
    redis.call('ZADD', 'running', 'XX', stamp(time + lease), id)
    if ARGV[i + 2] ~= '' then redis.call('HSET', 'document:' .. id, 'note', ARGV[i + 2]) end
  else
    gone[#gone + 1] = id
  end
end
return gone
