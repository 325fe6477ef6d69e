--[[
End an attempt whose document exceeded a limit: the document has failed, and is not retried. Safe to repeat: it acts only
while the task owns the document or part.

ARGV    1 document id
        2 owner: Celery task id
        3 problem (JSON)
Returns new state of the document, or an empty string when the task does not own it
--]]
local id, owner = ARGV[1], ARGV[2]
if owner == '' or redis.call('HGET', 'document:' .. id, 'owner') ~= owner then return '' end
return end_without_result(id, 'failed', ARGV[3], now())
