--[[
Bring a batch of data format 1 to format 2: the index of its tenant's documents, and its webhook under a key of its own.
Safe to repeat.

ARGV    1 job_id
Returns nothing
--]]
local batch = 'batch:' .. ARGV[1]
local known = redis.call('HMGET', batch, 'tenant', 'webhook')
local tenant, webhook = known[1], known[2]
if not tenant then return end
for _, id in ipairs(redis.call('LRANGE', batch .. ':documents', 0, -1)) do
  local size = redis.call('HGET', 'document:' .. id, 'size')
  if size and redis.call('ZADD', 'tenant:' .. tenant .. ':documents', size, id) == 1 then
    redis.call('HINCRBY', 'tenant:bytes', tenant, size)
    redis.call('HINCRBY', 'tenant:counts', tenant, 1)
  end
end
if webhook and webhook ~= '1' then
  local target = cjson.decode(webhook)
  redis.call('HSET', 'webhook:' .. ARGV[1], 'url', target.url, 'secret', target.secret)
  redis.call('HSET', batch, 'webhook', 1)
end
