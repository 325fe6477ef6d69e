-- Win the right to publish documents again: of several janitors that saw the same time, one gets each document.
-- ARGV: pairs document_id, published_at as seen
-- Returns the ids won; their published_at is now.
local won, time = {}, now()
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', 'queued', ARGV[i]) == ARGV[i + 1] then
    redis.call('ZADD', 'queued', 'XX', stamp(time), ARGV[i])
    won[#won + 1] = ARGV[i]
  end
end
if #won > 0 then count('republished', #won) end
return won
