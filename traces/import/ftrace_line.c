/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE                      /* memmem */
#include "traces/import/ftrace_line.h"

#include <string.h>

/* ---- small reading
 * ------------------------------------------------------------------------------ */

struct cursor { const char *at, *end; };

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool word(char c)
{
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->end && blank(*c->at))
        c->at++;
}

static int hex_digit(char c)
{
    if (digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits of the base, "0x" before them allowed where it is 16; false at none or at more than 64
 * bits. */
static bool number(struct cursor *c, unsigned base, uint64_t *value)
{
    const char *start;
    uint64_t v = 0;

    if (base == 16 && c->end - c->at > 2 && c->at[0] == '0' && (c->at[1] | 0x20) == 'x')
        c->at += 2;
    for (start = c->at; c->at < c->end; c->at++) {
        int d = base == 16 ? hex_digit(*c->at) : digit(*c->at) ? *c->at - '0' : -1;
        if (d < 0)
            break;
        if (v > (UINT64_MAX - (unsigned)d) / base)
            return false;
        v = v * base + (unsigned)d;
    }
    *value = v;
    return c->at > start;
}

static bool text_is(struct ftrace_text t, const char *s)
{
    return t.len == strlen(s) && memcmp(t.at, s, t.len) == 0;
}

static bool text_starts(struct ftrace_text t, const char *s)
{
    return t.len >= strlen(s) && memcmp(t.at, s, strlen(s)) == 0;
}

/* The value of `key=` in the body: the key starts a word. */
static bool find_key(struct ftrace_text body, const char *key, struct cursor *value)
{
    size_t n = strlen(key), i;

    for (i = 0; i + n + 1 <= body.len; i++)
        if ((i == 0 || blank(body.at[i - 1])) && body.at[i + n] == '=' &&
            memcmp(body.at + i, key, n) == 0) {
            *value = (struct cursor){ body.at + i + n + 1, body.at + body.len };
            return true;
        }
    return false;
}

static bool key_number(struct ftrace_text body, const char *key, unsigned base, uint64_t *value)
{
    struct cursor c;

    return find_key(body, key, &c) && number(&c, base, value);
}

static struct ftrace_text key_word(struct ftrace_text body, const char *key)
{
    struct ftrace_text t = { body.at, 0 };
    struct cursor c;

    if (find_key(body, key, &c))
        for (t.at = c.at; c.at < c.end && !blank(*c.at); c.at++)
            t.len++;
    return t;
}

/* What stands between the braces of key={...}; empty if there are none. */
static struct ftrace_text key_list(struct ftrace_text body, const char *key)
{
    struct ftrace_text t = { body.at, 0 };
    struct cursor c;
    const char *close;

    if (!find_key(body, key, &c) || c.at == c.end || *c.at != '{')
        return t;
    close = memchr(c.at, '}', (size_t)(c.end - c.at));
    if (close)
        t = (struct ftrace_text){ c.at + 1, (size_t)(close - c.at - 1) };
    return t;
}

bool ftrace_list_next(struct ftrace_text *list, uint64_t *value)
{
    struct cursor c = { list->at, list->at + list->len };
    bool got;

    while (c.at < c.end && (blank(*c.at) || *c.at == ','))
        c.at++;
    got = number(&c, 16, value);
    list->at = c.at;
    list->len = got ? (size_t)(c.end - c.at) : 0;
    return got;
}

bool ftrace_pci_id(struct ftrace_text device, uint32_t *id)
{
    struct cursor c = { device.at, device.at + device.len };
    uint64_t v[4];
    static const char after[] = { ':', ':', '.' };

    for (unsigned i = 0; i < 4; i++) {
        if (i && (c.at == c.end || *c.at++ != after[i - 1]))
            return false;
        if (c.at == c.end || hex_digit(*c.at) < 0 || !number(&c, 16, &v[i]))
            return false;
    }
    if (c.at != c.end || v[0] > 0xffff || v[1] > 0xff || v[2] > 0x1f || v[3] > 7)
        return false;
    *id = (uint32_t)(v[0] << 16 | v[1] << 8 | v[2] << 3 | v[3]);
    return true;
}

/* ---- what stands before the body ------------------------------------------------------------- */

/* Before "[": blanks, an optional (tgid), blanks, the digits of the pid, '-' or a blank. */
static bool read_pid(const char *line, const char *bracket, uint32_t *pid)
{
    const char *p = bracket, *end;
    struct cursor c;
    uint64_t v;

    while (p > line && blank(p[-1]))
        p--;
    if (p == bracket)
        return false;
    if (p[-1] == ')') {
        while (p > line && *p != '(')
            p--;
        while (p > line && blank(p[-1]))
            p--;
    }
    for (end = p; p > line && digit(p[-1]); p--)
        ;
    if (p == end || p == line || (p[-1] != '-' && !blank(p[-1])))
        return false;
    c = (struct cursor){ p, end };
    if (!number(&c, 10, &v) || v > UINT32_MAX)
        return false;
    *pid = (uint32_t)v;
    return true;
}

/* Seconds and a fraction of 6 to 9 digits, or one number without a fraction; then a colon. */
static bool read_time(struct cursor *c, struct ftrace_event *e)
{
    uint64_t sec, frac = 0;
    const char *dot;

    if (!number(c, 10, &sec) || c->at == c->end)
        return false;
    e->has_time = *c->at == '.';
    if (e->has_time) {
        dot = c->at++;
        if (!number(c, 10, &frac) || c->at - dot > 10 || sec > UINT64_MAX / 1000000000u - 1)
            return false;
        for (long digits = c->at - dot - 1; digits < 9; digits++)
            frac *= 10;
        e->time_ns = sec * 1000000000u + frac;
    } else {
        e->time_ns = sec;
    }
    return c->at < c->end && *c->at++ == ':';
}

/* After "]": blanks, optional flags, the time.  Flags are 4 to 6 characters and no time. */
static bool read_stamp(struct cursor *c, struct ftrace_event *e)
{
    struct cursor flags;

    skip_blanks(c);
    flags = *c;
    if (read_time(c, e))
        return true;
    *c = flags;
    while (c->at < c->end && !blank(*c->at))
        c->at++;
    if (c->at - flags.at < 4 || c->at - flags.at > 8)
        return false;
    skip_blanks(c);
    return read_time(c, e);
}

static bool read_name(struct cursor *c, struct ftrace_event *e)
{
    const char *start;

    skip_blanks(c);
    for (start = c->at; c->at < c->end && word(*c->at); c->at++)
        ;
    e->name = (struct ftrace_text){ start, (size_t)(c->at - start) };
    return e->name.len && c->at < c->end && *c->at++ == ':';
}

/* Finds the anchor and leaves `c` at the body; event names may follow a system's name. */
static bool read_head(const char *line, struct cursor *c, struct ftrace_event *e)
{
    for (const char *b = line; (b = memchr(b, '[', (size_t)(c->end - b))); b++) {
        struct cursor at = { b + 1, c->end };
        uint64_t cpu;

        if (!read_pid(line, b, &e->pid) || !number(&at, 10, &cpu) || at.at == at.end ||
            *at.at != ']')
            continue;
        at.at++;
        if (!read_stamp(&at, e) || !read_name(&at, e))
            continue;
        if (at.at < at.end && word(*at.at) && !read_name(&at, e))
            continue;
        skip_blanks(&at);
        e->cpu = (uint32_t)cpu;
        *c = at;
        return true;
    }
    return false;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static bool iommu_body(struct ftrace_text *body)
{
    struct cursor c = { body->at, body->at + body->len };

    if (!text_starts(*body, "IOMMU:"))
        return false;
    c.at += strlen("IOMMU:");
    skip_blanks(&c);
    *body = (struct ftrace_text){ c.at, (size_t)(c.end - c.at) };
    return true;
}

/* "iova=0x... - 0x..." */
static bool read_range(struct ftrace_text body, struct ftrace_event *e)
{
    struct cursor c;

    if (!find_key(body, "iova", &c) || !number(&c, 16, &e->addr))
        return false;
    skip_blanks(&c);
    if (c.at == c.end || *c.at++ != '-')
        return false;
    skip_blanks(&c);
    if (!number(&c, 16, &e->end))
        return false;
    e->has_addr = true;
    return true;
}

static enum ftrace_kind read_map(struct ftrace_text body, struct ftrace_event *e)
{
    e->has_size = key_number(body, "size", 10, &e->size);
    e->has_paddr = key_number(body, "paddr", 16, &e->paddr);
    return iommu_body(&body) && read_range(body, e) && e->has_size && e->has_paddr ? FTRACE_MAP
                                                                                    : FTRACE_BROKEN;
}

static enum ftrace_kind read_unmap(struct ftrace_text body, struct ftrace_event *e)
{
    uint64_t unmapped;

    e->has_size = key_number(body, "size", 10, &e->size);
    if (!iommu_body(&body) || !read_range(body, e) || !e->has_size)
        return FTRACE_BROKEN;
    if (key_number(body, "unmapped_size", 10, &unmapped)) /* more where a large page went too */
        e->size = unmapped;
    return FTRACE_UNMAP;
}

static enum ftrace_kind read_device(struct ftrace_text body, struct ftrace_event *e,
                                    enum ftrace_kind kind)
{
    uint64_t gid = 0;

    if (!iommu_body(&body))
        return FTRACE_BROKEN;
    e->device = key_word(body, "device");
    key_number(body, "groupID", 10, &gid);
    e->flags = (uint32_t)gid;
    return e->device.len ? kind : FTRACE_BROKEN;
}

/* "IOMMU:driver device iova=... flags=..." */
static enum ftrace_kind read_fault(struct ftrace_text body, struct ftrace_event *e)
{
    struct cursor c;
    uint64_t flags;

    if (!iommu_body(&body) || !key_number(body, "iova", 16, &e->addr) ||
        !key_number(body, "flags", 16, &flags))
        return FTRACE_BROKEN;
    c = (struct cursor){ body.at, body.at + body.len };
    while (c.at < c.end && !blank(*c.at))
        c.at++;
    skip_blanks(&c);
    for (e->device.at = c.at; c.at < c.end && !blank(*c.at); c.at++)
        e->device.len++;
    e->flags = (uint32_t)flags;
    e->has_addr = true;
    return FTRACE_FAULT;
}

static enum ftrace_dir read_dir(struct ftrace_text body)
{
    struct ftrace_text t = key_word(body, "dir");

    if (text_is(t, "BIDIRECTIONAL"))
        return FTRACE_BIDIRECTIONAL;
    if (text_is(t, "TO_DEVICE"))
        return FTRACE_TO_DEVICE;
    if (text_is(t, "FROM_DEVICE"))
        return FTRACE_FROM_DEVICE;
    return text_is(t, "NONE") ? FTRACE_DIR_NONE : FTRACE_DIR_UNKNOWN;
}

/* The keys that every event of the dma system may have.  A body without a device is damaged. */
static bool read_dma(struct ftrace_text body, struct ftrace_event *e)
{
    struct cursor c = { body.at, body.at + body.len };

    for (e->device.at = c.at; c.at < c.end && !blank(*c.at); c.at++)
        e->device.len++;
    e->dir = read_dir(body);
    e->has_addr = key_number(body, "dma_addr", 16, &e->addr);
    e->has_size = key_number(body, "size", 10, &e->size);
    e->has_paddr = key_number(body, "phys_addr", 16, &e->paddr);
    e->addrs = key_list(body, "dma_addrs");
    e->sizes = key_list(body, "sizes");
    e->paddrs = key_list(body, "phys_addrs");
    e->truncated = memmem(body.at, body.len, "[TRUNCATED]", 11) != NULL;
    return e->device.len && !memchr(e->device.at, '=', e->device.len);
}

static bool dma_complete(const struct ftrace_event *e, enum ftrace_kind kind)
{
    switch (kind) {
    case FTRACE_DMA_MAP:
        return e->has_addr && e->has_size && e->has_paddr;
    case FTRACE_DMA_UNMAP:
    case FTRACE_DMA_ALLOC:
    case FTRACE_DMA_FREE:
        return e->has_addr && e->has_size;
    case FTRACE_DMA_MAP_SG:
        return e->addrs.len && e->sizes.len;
    case FTRACE_DMA_UNMAP_SG:
        return e->paddrs.len;
    default:
        return true;
    }
}

static enum ftrace_kind dma_kind(struct ftrace_text name)
{
    static const struct { const char *name; enum ftrace_kind kind; } kinds[] = {
        { "dma_map_page", FTRACE_DMA_MAP },       { "dma_map_resource", FTRACE_DMA_MAP },
        { "dma_map_phys", FTRACE_DMA_MAP },       { "dma_unmap_page", FTRACE_DMA_UNMAP },
        { "dma_unmap_resource", FTRACE_DMA_UNMAP }, { "dma_unmap_phys", FTRACE_DMA_UNMAP },
        { "dma_map_sg", FTRACE_DMA_MAP_SG },      { "dma_unmap_sg", FTRACE_DMA_UNMAP_SG },
        { "dma_alloc", FTRACE_DMA_ALLOC },        { "dma_alloc_pages", FTRACE_DMA_ALLOC },
        { "dma_alloc_sgt", FTRACE_DMA_ALLOC },    { "dma_free", FTRACE_DMA_FREE },
        { "dma_free_pages", FTRACE_DMA_FREE },    { "dma_free_sgt", FTRACE_DMA_FREE },
        { "dma_map_sg_err", FTRACE_DMA_ERROR },   { "dma_alloc_sgt_err", FTRACE_DMA_ERROR },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (text_is(name, kinds[i].name))
            return kinds[i].kind;
    return text_starts(name, "dma_sync_") ? FTRACE_DMA_SYNC : FTRACE_OTHER;
}

static enum ftrace_kind read_body(struct ftrace_text body, struct ftrace_event *e)
{
    enum ftrace_kind kind = dma_kind(e->name);

    if (kind != FTRACE_OTHER)
        return read_dma(body, e) && dma_complete(e, kind) ? kind : FTRACE_BROKEN;
    if (text_is(e->name, "map") && text_starts(body, "IOMMU:"))
        return read_map(body, e);
    if (text_is(e->name, "unmap") && text_starts(body, "IOMMU:"))
        return read_unmap(body, e);
    if (text_is(e->name, "attach_device_to_domain"))
        return read_device(body, e, FTRACE_ATTACH);
    if (text_is(e->name, "detach_device_from_domain"))
        return read_device(body, e, FTRACE_DETACH);
    if (text_is(e->name, "add_device_to_group"))
        return read_device(body, e, FTRACE_GROUP_ADD);
    if (text_is(e->name, "remove_device_from_group"))
        return read_device(body, e, FTRACE_GROUP_DEL);
    if (text_is(e->name, "io_page_fault"))
        return read_fault(body, e);
    if (text_is(e->name, "tracing_mark_write") || text_is(e->name, "print")) {
        e->text = body;
        return FTRACE_MARK;
    }
    return FTRACE_OTHER;
}

/* ---- lines without an event ------------------------------------------------------------------ */

/* "CPU:3 [LOST 512 EVENTS]", "CPU:3 [512 EVENTS DROPPED]", "CPU:3 [EVENTS DROPPED]", and perf's
 * "PERF_RECORD_LOST lost 12". */
static bool read_lost(const char *line, size_t len, struct ftrace_event *e)
{
    static const char *const marks[] = { "[LOST ", "EVENTS DROPPED", "PERF_RECORD_LOST" };
    const char *at = NULL;
    struct cursor c;

    for (size_t i = 0; i < sizeof marks / sizeof marks[0] && !at; i++)
        at = memmem(line, len, marks[i], strlen(marks[i]));
    if (!at)
        return false;
    c.at = memchr(line, '[', len);
    c.end = line + len;
    if (!c.at || memmem(at, (size_t)(c.end - at), " lost ", 6))
        c.at = at;
    while (c.at < c.end && !digit(*c.at))
        c.at++;
    if (!number(&c, 10, &e->count))
        e->count = 0;
    return true;
}

/* Lines that none of the programs prints as an event: comments, trace-cmd's and the buffer's
 * headers. */
static bool header(const char *line, size_t len)
{
    struct ftrace_text t = { line, len };
    struct cursor c = { line, line + len };

    skip_blanks(&c);
    return c.at == c.end || *c.at == '#' || text_starts(t, "cpus=") ||
           text_starts(t, "version =") || text_starts(t, "##### CPU");
}

void ftrace_parse(const char *line, size_t len, struct ftrace_event *e)
{
    struct cursor c = { line, line + len };

    memset(e, 0, sizeof *e);
    e->name = e->device = e->text = (struct ftrace_text){ line, 0 };
    e->addrs = e->sizes = e->paddrs = e->name;
    if (read_head(line, &c, e))
        e->kind = read_body((struct ftrace_text){ c.at, (size_t)(c.end - c.at) }, e);
    else if (header(line, len))
        e->kind = FTRACE_NOTHING;
    else
        e->kind = read_lost(line, len, e) ? FTRACE_LOST : FTRACE_BROKEN;
}
