--[[
Queue documents of a restored backup, in submission order. A backup holds no queues; only states.

ARGV    1... ids of documents in state `queued` that are in no queue
Returns nothing
--]]
for n, id in ipairs(ARGV) do
  local created = tonumber(redis.call('HGET', 'document:' .. id, 'created_at'))
  redis.call('ZADD', 'queued', 0, id)
  enqueue(id, stamp(created + n / 1000000))
end
