-- Stands before the verbs that read or write indexes.
-- A key of another type is no index of ours: it is left as it is.
local function tolerant(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then
    assert(reply.err:find('^WRONGTYPE'), reply.err)
    return false
  end
  return reply
end

