-- End an attempt without an answer. Safe to repeat: it acts only while the task still owns the document.
-- ARGV: document_id, owner (task id), kind ("lost" counts against the document, "returned" does not), reason, max_attempts,
--       facts (JSON or empty): what is known of a lost attempt
-- Returns the new state, or an empty string when the task no longer owns the document.
local id, owner, kind, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if owner == '' or redis.call('HGET', 'document:' .. id, 'owner') ~= owner then return '' end
local time = now()
if kind == 'lost' then return lose(id, reason, tonumber(ARGV[5]), time, ARGV[6]) end
requeue(id, 'running', time, 'returned')
return 'queued'
