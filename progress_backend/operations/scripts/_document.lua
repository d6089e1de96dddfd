-- Reads a record: its document; false if nothing is stored; for a value that is no document "\0" and
-- its type.
local function document(key, most)
  local found = redis.pcall('GETRANGE', key, 0, most)
  if found == '' then
    return redis.call('EXISTS', key) == 1 and '\0string without text'
  elseif type(found) == 'table' then
    assert(found.err:find('^WRONGTYPE'), found.err)
    return '\0' .. redis.call('TYPE', key).ok
  end
  return found
end

