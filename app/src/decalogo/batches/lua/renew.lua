--[[
Renew the leases of a worker, record the progress of its attempts, and note its heartbeat.

The parent process of a worker calls this every quarter of a lease. A worker process that is busy in native code needs no
time of its own to keep its lease, and a worker that dies or freezes loses all its leases within one lease.

ARGV    1 worker name
        2 lease (seconds)
        3 number of its processes that take large documents (0: none)
        4... pairs: owner (Celery task id), progress (JSON or empty)
Returns list of those owners that own no document (any more)
--]]
local time, lease, without = now(), tonumber(ARGV[2]), {}
redis.call('ZADD', 'workers', stamp(time), ARGV[1])
redis.call('HSET', 'worker-processes', ARGV[1], ARGV[3])
for i = 4, #ARGV, 2 do
  local id = redis.call('HGET', 'owners', ARGV[i])
  if id and redis.call('HGET', 'document:' .. id, 'owner') == ARGV[i] then
    redis.call('ZADD', 'running', 'XX', stamp(time + lease), id)
    if ARGV[i + 1] ~= '' then redis.call('HSET', 'document:' .. id, 'progress', ARGV[i + 1]) end
  else
    without[#without + 1] = ARGV[i]
  end
end
return without
