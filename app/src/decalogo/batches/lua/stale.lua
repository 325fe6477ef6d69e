-- List queued documents whose message is older than a grace time, oldest first.
-- One published in the future (the server's clock jumped back) counts as published now.
-- ARGV: grace (seconds), most documents to list
-- Returns flat triples: document_id, published_at, lane ("suspect" after a lost attempt,
-- "slow" after a result cut by time, else the priority).
local found, time = {}, now()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'queued', stamp(time + 60), '+inf')) do
  redis.call('ZADD', 'queued', stamp(time), id)
end
local old = redis.call('ZRANGEBYSCORE', 'queued', '-inf', stamp(time - tonumber(ARGV[1])), 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[2]))
for i = 1, #old, 2 do
  local document = redis.call('HMGET', 'document:' .. old[i], 'lost', 'priority', 'extended')
  local lane = document[3] == '1' and 'slow' or document[2]
  found[#found + 1] = old[i]
  found[#found + 1] = old[i + 1]
  found[#found + 1] = tonumber(document[1]) > 0 and 'suspect' or lane
end
return found
