--[[
End an attempt without a result. Safe to repeat: it acts only while the task owns the document.

ARGV    1 document id
        2 owner: Celery task id
        3 kind: `lost` counts towards max_attempts; `returned` (worker shutdown) does not
        4 reason of a lost attempt, as a clause
        5 max_attempts
        6 facts about a lost attempt (JSON or empty)
Returns new state of the document, or an empty string when the task does not own it
--]]
local id, owner = ARGV[1], ARGV[2]
if owner == '' or redis.call('HGET', 'document:' .. id, 'owner') ~= owner then return '' end
if ARGV[3] == 'lost' then return lose(id, ARGV[4], tonumber(ARGV[5]), now(), ARGV[6]) end
requeue(id, 'running', now(), 'returned')
return 'queued'
