-- Stands before the verbs that read or write indexes.
-- A key of another type is no index of ours: it is left as it is, as is a text that is no number.
local function tolerant(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then
    assert(reply.err:find('^WRONGTYPE') or reply.err:find('not an integer'), reply.err)
    return false
  end
  return reply
end

