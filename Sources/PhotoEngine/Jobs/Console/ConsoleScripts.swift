/// What the console reads in one question, so that what it costs a busy server does not grow with the number of queues. All only
/// read, and are run as such: a user who may not write can use them.
enum ConsoleScripts {
    /// How long each list is, of its oldest message when phototui published it, whether one of its ends looks like kombu's
    /// messages (poison may lie at the other), and what lies in front of the message that was the newest before. KEYS: lists;
    /// ARGV: for each the delivery tag of that message, or "". Returns for each list: length (-1 for what is no list), moment or
    /// "", 1 or 0, the newest message's tag or "", and how many messages are newer than that of ARGV; where it isn't among the
    /// first 500, -1 less how many those were; and the task of the oldest message, where its moment is not told, or "".
    static let lists = RedisScript(
        """
        local function tag(text) return string.match(text, '"delivery_tag":%s*"([^"]+)"') or '' end
        local found, budget = {}, 5000
        for i = 1, #KEYS do
            local length = redis.pcall('LLEN', KEYS[i])
            local moment, looks, newest, came, task = '', 0, '', -1, ''
            if type(length) ~= 'number' then
                length = -1
            elseif length > 0 then
                local text = redis.call('LINDEX', KEYS[i], -1)
                moment = string.match(text, '"published_at":%s*([%d.]+)') or ''
                if moment == '' then task = string.match(text, '"id":%s*"([^"]*)"') or '' end
                if #task > 255 then task = '' end
                local last = redis.call('LINDEX', KEYS[i], 0)
                if string.find(text, '"body"', 1, true) or string.find(last, '"body"', 1, true) then looks = 1 end
                newest = tag(last)
                local before, seen = ARGV[i] or '', 0
                while before ~= '' and came < 0 and seen < 500 and seen < length and budget > 0 do
                    local page = redis.call('LRANGE', KEYS[i], seen, seen == 0 and 0 or seen + 49)
                    for j = 1, #page do
                        if tag(page[j]) == before then
                            came = seen + j - 1
                            break
                        end
                    end
                    seen = seen + #page
                    budget = budget - #page
                end
                if came < 0 then came = -1 - seen end
            end
            for _, value in ipairs({length, moment, looks, newest, came, task}) do found[#found + 1] = value end
        end
        return found
        """)

    /// A page of a hash's deliveries, counted by where they came from. KEYS: unacked; ARGV: cursor, about how many.
    /// Returns the next cursor, then for each: exchange, routing key, how many, how many of them with a time of their own.
    static let deliveries = RedisScript(
        """
        local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
        local counts, order = {}, {}
        for i = 2, #page[2], 2 do
            local text = page[2][i]
            local exchange, key = string.match(string.sub(text, -600), '%},%s*"([^"]*)",%s*"([^"]*)"%]%s*$')
            local name = (exchange or '') .. '\\n' .. (key or '')
            local seen = counts[name]
            if not seen then
                seen = {exchange or '', key or '', 0, 0}
                counts[name] = seen
                order[#order + 1] = seen
            end
            seen[3] = seen[3] + 1
            if string.find(text, '"eta":%s*"') then seen[4] = seen[4] + 1 end
        end
        local found = {page[1]}
        for _, seen in ipairs(order) do
            for i = 1, 4 do found[#found + 1] = seen[i] end
        end
        return found
        """)

    /// Where some of the messages that workers hold came from. KEYS: unacked; ARGV: about how many. Returns for each: task's id,
    /// exchange, routing key.
    static let whereabouts = RedisScript(
        """
        local page = redis.call('HSCAN', KEYS[1], '0', 'COUNT', ARGV[1])
        local found = {}
        for i = 2, #page[2], 2 do
            local text = page[2][i]
            local id = string.match(text, '"id":%s*"([^"]*)"')
            local exchange, key = string.match(string.sub(text, -600), '%},%s*"([^"]*)",%s*"([^"]*)"%]%s*$')
            if id and key then
                found[#found + 1] = id
                found[#found + 1] = exchange
                found[#found + 1] = key
            end
        end
        return found
        """)

    /// A page of the dead letters' reasons, counted by queue. KEYS: reasons; ARGV: cursor, about how many. Returns the next
    /// cursor, then each queue and its count.
    static let deadLetters = RedisScript(
        """
        local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
        local counts = {}
        for i = 2, #page[2], 2 do
            local isJSON, reason = pcall(cjson.decode, page[2][i])
            local queue = isJSON and type(reason) == 'table' and type(reason.queue) == 'string' and reason.queue or ''
            counts[queue] = (counts[queue] or 0) + 1
        end
        local found = {page[1]}
        for queue, count in pairs(counts) do
            found[#found + 1] = queue
            found[#found + 1] = count
        end
        return found
        """)

    /// The members of sets. KEYS: sets. Returns a list for each, empty for what is no set.
    static let members = RedisScript(
        """
        local found = {}
        for i = 1, #KEYS do
            local members = redis.pcall('SMEMBERS', KEYS[i])
            found[i] = members.err and {} or members
        end
        return found
        """)

    /// Messages at the head of a list in the order of their delivery, one after the other, so that the server never holds more
    /// than one of them beside the answer. KEYS: list; ARGV: how many at the head to pass by, how many to read at most, how many
    /// bytes of each, of all together, and of the ends of those that are longer than that. Returns for each: length, beginning or
    /// all, end or "".
    static let heads = RedisScript(
        """
        local skip, most, each = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local left, part = tonumber(ARGV[4]), tonumber(ARGV[5])
        local found = {}
        for i = 1, most do
            local text = redis.call('LINDEX', KEYS[1], -skip - i)
            if not text then break end
            local tail = ''
            local length = #text
            if length > each or length > left then
                tail = string.sub(text, -part)
                text = string.sub(text, 1, part)
            end
            left = left - #text - #tail
            found[#found + 1] = length
            found[#found + 1] = text
            found[#found + 1] = tail
        end
        return found
        """)

    /// Moves messages of a list to the end of another, changed, as long as they are what was read before. KEYS: list, other list;
    /// ARGV: how many at the head stay, then the message behind them and what it becomes, then the next two. Returns how many.
    static let move = RedisScript(
        """
        local skip, count = tonumber(ARGV[1]), 0
        for i = 2, #ARGV, 2 do
            if redis.call('LINDEX', KEYS[1], -1 - skip) ~= ARGV[i] then break end
            redis.call('LPUSH', KEYS[2], ARGV[i + 1])
            if skip == 0 then redis.call('RPOP', KEYS[1]) else redis.call('LREM', KEYS[1], -1, ARGV[i]) end
            count = count + 1
        end
        return count
        """)

    /// Moves one message of a list to the dead letters. KEYS: list, dead, dead's reasons; ARGV: message, id, reason. Returns 1, or
    /// 0 where the message is gone.
    static let quarantine = RedisScript(
        """
        if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then return 0 end
        redis.call('HSET', KEYS[2], ARGV[2], ARGV[1])
        redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
        return 1
        """)

    /// How long lists are, and by what the message that came last is known. KEYS: lists. Returns for each: length, SHA-1 or "".
    static let mark = RedisScript(
        """
        local found = {}
        for i = 1, #KEYS do
            local text = redis.call('LINDEX', KEYS[i], 0)
            found[#found + 1] = redis.call('LLEN', KEYS[i])
            found[#found + 1] = text and redis.sha1hex(text) or ''
        end
        return found
        """)

    /// Drops what lists held when they were marked. KEYS: lists; ARGV: of each the length and the SHA-1 then. Of a list from which
    /// messages were taken since, the one that came last is looked for among 20,000; where it isn't, all that was marked is gone,
    /// or nothing of this list is dropped. Returns how many were dropped, how many are left, and of how many lists the end wasn't
    /// found.
    static let purge = RedisScript(
        """
        local dropped, left, unsure = 0, 0, 0
        for i = 1, #KEYS do
            local marked, newest = tonumber(ARGV[2 * i - 1]), ARGV[2 * i]
            local length = redis.call('LLEN', KEYS[i])
            if marked > 0 and length > 0 then
                local place, found = math.max(0, length - marked), nil
                local last = math.min(length, place + 20000)
                while place < last and not found do
                    if redis.sha1hex(redis.call('LINDEX', KEYS[i], place)) == newest then found = place end
                    place = place + 1
                end
                if found then
                    dropped = dropped + length - found
                    if found == 0 then redis.call('DEL', KEYS[i]) else redis.call('LTRIM', KEYS[i], 0, found - 1) end
                elseif last < length then
                    unsure = unsure + 1
                end
            end
            left = left + redis.call('LLEN', KEYS[i])
        end
        return {dropped, left, unsure}
        """)

    /// Sends messages in place of tasks that have ended, each once: that it was sent, and sending it, are one step, and so is telling
    /// who watches, where the user may. KEYS: as which tasks others were sent again, of this month and of the one before, then each
    /// message's list; ARGV: for how many seconds that is kept, the channel of what is told, then of each the id of the task that has
    /// ended, as which it was sent again before or "", its new id, the message, and what is told. Returns of each as which it was
    /// sent again.
    static let retry = RedisScript(
        """
        local held = {}
        for i = 3, #KEYS do
            local at = 3 + (i - 3) * 5
            local ended, before, id = ARGV[at], ARGV[at + 1], ARGV[at + 2]
            local known = redis.call('HGET', KEYS[1], ended) or redis.call('HGET', KEYS[2], ended) or ''
            if known == before then
                redis.call('HSET', KEYS[1], ended, id)
                redis.call('LPUSH', KEYS[i], ARGV[at + 3])
                redis.pcall('PUBLISH', ARGV[2], ARGV[at + 4])
                known = id
            end
            held[#held + 1] = known
        end
        redis.call('EXPIRE', KEYS[1], ARGV[1])
        return held
        """)
}
