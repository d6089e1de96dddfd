-- Runs a command on an index; false if the key has another type, or its text is no number: it is
-- another program's, and stays as it is.
local function tolerant(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then
    assert(reply.err:find('^WRONGTYPE') or reply.err:find('not an integer'), reply.err)
    return false
  end
  return reply
end

