--[[
Read documents.

KEYS
  …         strings: the records' documents
ARGV
  most      bytes that a document may have; of a longer value one more is returned
  whole     bytes up to which a document is returned as it is; "": each is
  least     bytes that are worth being cut out of a longer one:
  first     what is cut begins where this stands first
  last      and ends where this stands last
  instead   what takes its place
Returns
  {document or false, …}; for a value that is no document "\0" and what it is instead
Publishes
  nothing
]]
local document = documents(most, whole, least, first, last, instead)

local found = {}
for i = 1, #KEYS do
  found[i] = document(KEYS[i])
end
return found
