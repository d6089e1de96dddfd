--[[
Read documents.

KEYS
  1 …         strings: the records' documents
ARGV
  1 most      bytes that a document may have; of a longer value one more is returned
  2 whole     bytes up to which a document is returned as it is; "": each is
  3 least     bytes that are worth being cut out of a longer one:
  4 from      what is cut begins where this stands first
  5 to        and ends where this stands last
  6 instead   what takes its place
Returns
  {document or false, …}; for a value that is no document "\0" and what it is instead
Publishes
  nothing
]]
local document = documents(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])

local found = {}
for i = 1, #KEYS do
  found[i] = document(KEYS[i])
end
return found
