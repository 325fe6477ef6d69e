-- List queued documents (and parts) whose message is older than a grace time, oldest first.
-- One published in the future (the server's clock jumped back) counts as published now.
-- ARGV: grace (seconds), most documents to list
-- Returns flat triples: document_id, published_at, lane.
local found, time = {}, now()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'queued', stamp(time + 60), '+inf')) do
  redis.call('ZADD', 'queued', stamp(time), id)
end
local old = redis.call('ZRANGEBYSCORE', 'queued', '-inf', stamp(time - tonumber(ARGV[1])), 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[2]))
for i = 1, #old, 2 do
  found[#found + 1] = old[i]
  found[#found + 1] = old[i + 1]
  found[#found + 1] = lane_of(old[i])
end
return found
