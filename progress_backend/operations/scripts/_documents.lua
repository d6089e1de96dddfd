-- Stands before the verbs that read many records, whose last ARGV say how (see page.lua).
local function documents(most, whole, least, from, to, instead)
  most, whole, least = tonumber(most), tonumber(whole), tonumber(least)

  -- Of a long document only its head and tail are read; one that has the marks elsewhere is whole.
  local function cut(key, head)
    local first, length = string.find(head, from, 1, true), redis.call('STRLEN', key)
    local tail = redis.call('GETRANGE', key, -whole, -1)
    local last, at = nil, string.find(tail, to, 1, true)
    while at do
      last, at = at, string.find(tail, to, at + 1, true)
    end
    if length <= most and first and last and length - #tail + last - first > least then
      return string.sub(head, 1, first - 1) .. instead .. string.sub(tail, last)
    end
    return redis.call('GETRANGE', key, 0, most)
  end

  return function(key)
    local head = document(key, whole or most)
    return head and whole and #head > whole and cut(key, head) or head
  end
end

