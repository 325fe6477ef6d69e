-- Take back documents whose lease has ended: their worker is dead, frozen or cut off.
-- ARGV: max_attempts, most documents to take in one call
-- Returns pairs document_id, new state.
local time, taken = now(), {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'running', '-inf', stamp(time), 'LIMIT', 0, tonumber(ARGV[2]))) do
  taken[#taken + 1] = id
  taken[#taken + 1] = lose(id, 'its worker went silent', tonumber(ARGV[1]), time)
end
return taken
