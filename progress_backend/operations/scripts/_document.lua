-- Stands before the verbs that read a record: its document, false where nothing is stored, and of a
-- value that is no document "\0" and what it is.
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

