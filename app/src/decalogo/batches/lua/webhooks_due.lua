-- Take webhooks whose time has come, the oldest first; who takes one has it for a while, then it is due again.
-- Tenants with none under way come before the others, and none gets more than its share: a receiver that hangs delays
-- its own tenant only.
-- ARGV: seconds it is taken for, most webhooks, most under way of one tenant, then the tenant of each that is under way
-- Returns flat quintuples: job_id, webhook (JSON {url, secret}), attempts made with this one, until when it is taken, tenant.
local taken, time, under_way = {}, now(), {}
local till, most, share = stamp(time + tonumber(ARGV[1])), tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 4, #ARGV do under_way[ARGV[i]] = (under_way[ARGV[i]] or 0) + 1 end

local function take(job_id, webhook, tenant)
  under_way[tenant] = (under_way[tenant] or 0) + 1
  redis.call('ZADD', 'webhooks', till, job_id)
  local attempts = redis.call('HINCRBY', 'batch:' .. job_id, 'webhook_attempts', 1)
  for _, value in ipairs({job_id, webhook, attempts, till, tenant}) do taken[#taken + 1] = value end
end

for held = 0, share - 1 do
  for _, job_id in ipairs(redis.call('ZRANGEBYSCORE', 'webhooks', '-inf', stamp(time))) do
    if #taken == 5 * most then return taken end
    local known = redis.call('HMGET', 'batch:' .. job_id, 'webhook', 'tenant')
    if not known[1] then
      redis.call('ZREM', 'webhooks', job_id)
    elseif (under_way[known[2]] or 0) <= held then
      take(job_id, known[1], known[2])
    end
  end
end
return taken
