--[[
Read documents.

KEYS
  1 …         strings: the records' documents
ARGV
  1 most      bytes that a document may have; of a longer value one more is returned
Returns
  {document or false, …}; for a value that is no document "\0" and what it is instead
Publishes
  nothing
]]
local most = ARGV[1]

local documents = {}
for i = 1, #KEYS do
  local found = redis.pcall('GETRANGE', KEYS[i], 0, most)
  if found == '' then
    found = redis.call('EXISTS', KEYS[i]) == 1 and '\0string without text'
  elseif type(found) == 'table' then
    assert(found.err:find('^WRONGTYPE'), found.err)
    found = '\0' .. redis.call('TYPE', KEYS[i]).ok
  end
  documents[i] = found
end
return documents
