--[[
Claim webhooks that are due, oldest first. A claimed webhook is due again after a while, in case its sender dies.

Tenants without a delivery in progress come first, and no tenant exceeds its share. A receiver that does not answer
therefore delays only its own tenant.

ARGV    1 seconds until a claimed webhook is due again
        2 maximum number of webhooks
        3 maximum number of concurrent deliveries per tenant
        4... tenant of each delivery in progress
Returns flat list of quintuples: job_id, webhook (JSON {url, secret}), number of this attempt, time until which it is
        claimed, tenant
--]]
local claimed, time, in_progress = {}, now(), {}
local till, maximum, share = stamp(time + tonumber(ARGV[1])), tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 4, #ARGV do in_progress[ARGV[i]] = (in_progress[ARGV[i]] or 0) + 1 end

local function claim(job_id, webhook, tenant)
  in_progress[tenant] = (in_progress[tenant] or 0) + 1
  redis.call('ZADD', 'webhooks', till, job_id)
  local attempts = redis.call('HINCRBY', 'batch:' .. job_id, 'webhook_attempts', 1)
  for _, value in ipairs({job_id, webhook, attempts, till, tenant}) do claimed[#claimed + 1] = value end
end

for deliveries = 0, share - 1 do
  for _, job_id in ipairs(redis.call('ZRANGEBYSCORE', 'webhooks', '-inf', stamp(time))) do
    if #claimed == 5 * maximum then return claimed end
    local tenant = redis.call('HGET', 'batch:' .. job_id, 'tenant')
    local hook = redis.call('HMGET', 'webhook:' .. job_id, 'url', 'secret')
    if not tenant or not hook[1] then
      redis.call('ZREM', 'webhooks', job_id)
    elseif (in_progress[tenant] or 0) <= deliveries then
      claim(job_id, cjson.encode({url = hook[1], secret = hook[2]}), tenant)
    end
  end
end
return claimed
