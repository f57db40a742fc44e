/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import_script.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sim.h"

enum { JSON_DEPTH = 8, CMD_WORDS_MAX = 4, SEEN_MOST = 4096, START_LINES = 100, LOG_LINES_MOST = 1 << 20 };

struct pending { uint64_t w[CMD_WORDS_MAX]; unsigned n; };

struct seen {                      /* one translation in the log's lines of a DMA */
    uint64_t addr;
    struct rec_expect outcome;
};

struct script {
    struct import_source *src;
    struct import *im;
    struct import_source *log;     /* or NULL */
    struct json_tokener *json;
    enum trace_arch arch;
    int rc;
    bool has_head, ended, clocked;
    uint64_t dmas;
    uint64_t ring, ring_bytes;     /* the command queue; 0 bytes: none yet       */
    unsigned cmd_words;
    struct pending *cmd;           /* written since the queue's last doorbell    */
    size_t cmds, cmd_room;
    bool in_cmd;                   /* the words that come are the last one's     */
    bool capturing;
    struct seen *seen;
    size_t n_seen, seen_room;
};

/* ---- items -------------------------------------------------------------------------------------- */

static void emit(struct script *s, struct import_item *it)
{
    if (s->rc == 0)
        s->rc = import_emit(s->src, it);
}

static void emit_words(struct script *s, enum rec_kind kind, uint64_t addr, uint32_t len,
                       const uint64_t *w, unsigned n)
{
    struct import_item it = { 0 };

    it.rec = (struct rec){ .kind = (uint8_t)kind, .stream = REC_NO_STREAM, .addr = addr, .len = len,
                           .words = (uint16_t)n };
    for (unsigned i = 0; i < n; i++)
        it.ext.w[i] = w[i];
    emit(s, &it);
}

static void emit_marker(struct script *s, const char *text)
{
    uint64_t id = import_string(s->im, text);

    emit_words(s, REC_MARKER, 0, 0, &id, 1);
}

/* ---- the log's part ----------------------------------------------------------------------------- */

static void *grown(void *list, size_t *room, size_t size)
{
    size_t more = *room ? *room * 2 : 16;
    void *p = realloc(list, more * size);

    SIM_CHECK(p, "no memory for %zu items", more);
    *room = more;
    return p;
}

static int capture(void *to, const struct import_item *it)
{
    struct script *s = to;

    if (!s->capturing) {
        if (it->rec.kind <= REC_TRANSLATED)
            import_count(s->im, IMPORT_DROPPED, "translations outside the script's DMAs", 1);
        return 0;
    }
    if (it->rec.kind <= REC_TRANSLATED && s->n_seen < SEEN_MOST) {
        if (s->n_seen == s->seen_room)
            s->seen = grown(s->seen, &s->seen_room, sizeof *s->seen);
        s->seen[s->n_seen++] = (struct seen){ .addr = it->rec.addr };
    } else if (it->rec.kind == REC_EXPECT && s->n_seen) {
        rec_expect_unpack(&it->ext, &s->seen[s->n_seen - 1].outcome);
    }
    return 0;
}

static void step_log(struct script *s)
{
    int rc = import_step(s->log);

    if (rc < 0)
        s->rc = rc;
}

/* Parses the log up to a line, that one included; nothing that comes later belongs to it. */
static void read_log(struct script *s, uint64_t line)
{
    while (s->rc == 0 && !s->log->ended && s->log->line < line)
        step_log(s);
    if (s->rc == 0 && s->log->state && s->log->parser->settle)
        s->rc = s->log->parser->settle(s->log->state);
}

/* The log's clock is the script's. */
static void set_clock(struct script *s)
{
    if (s->log)
        s->src->t_ns = s->log->t_ns;
}

static void start_clock(struct script *s)
{
    s->clocked = true;
    s->log = s->src->companion;
    if (!s->log) {
        import_flags(s->im, TRACE_F_ORDER_ONLY);
        return;
    }
    import_set_sink(s->log, capture, s);
    for (unsigned n = 0; n < START_LINES && s->rc == 0 && !s->log->ended && s->log->t_ns == 0; n++)
        step_log(s);
    set_clock(s);
}

/* The translations in lines [first, first + n) of the log. */
static void read_dma_log(struct script *s, struct json_object *o)
{
    struct json_object *range;
    uint64_t first, n;

    s->n_seen = 0;
    if (!s->log || !json_object_object_get_ex(o, "log", &range) ||
        !json_object_is_type(range, json_type_array) || json_object_array_length(range) != 2)
        return;
    first = json_object_get_uint64(json_object_array_get_idx(range, 0));
    n = json_object_get_uint64(json_object_array_get_idx(range, 1));
    if (first == 0 || n > LOG_LINES_MOST || first <= s->log->line) {
        import_count(s->im, IMPORT_ODD, "DMAs whose lines of the log are not after those before", 1);
        return;
    }
    read_log(s, first - 1);
    s->capturing = true;
    read_log(s, first + n - 1);
    s->capturing = false;
    if (s->log->line < first + n - 1)
        import_count(s->im, IMPORT_ODD, "DMAs whose lines are not in the log", 1);
}

/* ---- accesses ----------------------------------------------------------------------------------- */

static struct json_object *item_of(struct json_object *o, const char *key, size_t i)
{
    struct json_object *list;

    if (!json_object_object_get_ex(o, key, &list) || !json_object_is_type(list, json_type_array) ||
        i >= json_object_array_length(list))
        return NULL;
    return json_object_array_get_idx(list, i);
}

static size_t items_of(struct json_object *o, const char *key)
{
    struct json_object *list;

    if (!json_object_object_get_ex(o, key, &list) || !json_object_is_type(list, json_type_array))
        return 0;
    return json_object_array_length(list);
}

static void emit_outcome(struct script *s, uint32_t stream, uint64_t addr, const struct rec_expect *e)
{
    struct import_item it = { .rec = { .kind = REC_EXPECT, .stream = stream, .addr = addr } };

    it.rec.words = rec_expect_pack(e, &it.ext);
    emit(s, &it);
}

static void emit_logged(struct script *s, struct json_object *o, size_t i, uint32_t stream, uint64_t addr)
{
    struct json_object *got = item_of(o, "got", i);
    const char *deviation = script_text(o, "deviation");
    struct rec_expect e = { .source = REC_LOGGED };

    if (i < s->n_seen)
        e = s->seen[i].outcome;
    else if (s->log || !got || !script_got(got, s->arch, &e))
        return;
    if (got)
        script_got_detail(got, s->arch, &e);
    if (deviation)
        e.deviation = import_string(s->im, deviation);
    emit_outcome(s, stream, addr, &e);
}

static void emit_intent(struct script *s, struct json_object *one, enum rec_source source,
                        uint32_t stream, uint64_t addr)
{
    struct rec_expect e = { .source = (uint8_t)source };

    if (script_intent(one, s->arch, &e))
        emit_outcome(s, stream, addr, &e);
    else
        import_count(s->im, IMPORT_ODD, "intended outcomes that are not understood", 1);
}

/* Outcomes that would be right too are listed for the whole DMA, by address. */
static void emit_allowed(struct script *s, struct json_object *o, uint32_t stream, uint64_t addr)
{
    for (size_t i = 0; i < items_of(o, "may"); i++) {
        struct json_object *may = item_of(o, "may", i);
        uint64_t at;
        if (script_u64(may, "at", &at) && at == addr)
            emit_intent(s, may, REC_ALLOWED, stream, addr);
    }
}

struct dma { uint64_t n, sid, iova, len; bool write; };

static void emit_access(struct script *s, struct json_object *o, const struct dma *d, size_t i, size_t n)
{
    struct json_object *expect = item_of(o, "expect", i);
    struct import_item it = { .rec = { .kind = d->write ? REC_WRITE : REC_READ } };
    uint64_t at = d->iova;

    if (expect && !script_u64(expect, "at", &at))
        at = d->iova;
    it.rec.addr = at;
    if (i < s->n_seen && (!expect || s->seen[i].addr >> 12 != at >> 12)) {   /* some log the page alone */
        import_count(s->im, IMPORT_ODD, "translations logged at another address than intended", 1);
        it.rec.addr = s->seen[i].addr;
    }
    it.rec.len = n == 1 ? (uint32_t)d->len : 0;
    it.rec.stream = import_stream(s->im, (uint32_t)d->sid, NULL);
    emit(s, &it);
    if (n > 1)
        import_count(s->im, IMPORT_LACKS, "length of each part of a DMA of several translations", 1);
    emit_logged(s, o, i, it.rec.stream, it.rec.addr);
    if (expect)
        emit_intent(s, expect, REC_INTENDED, it.rec.stream, at);
    emit_allowed(s, o, it.rec.stream, at);
}

static bool on_dma(struct script *s, struct json_object *o)
{
    const char *dir = script_text(o, "dir");
    size_t expected = items_of(o, "expect"), n;
    struct dma d;

    if (!dir || (strcmp(dir, "r") != 0 && strcmp(dir, "w") != 0) || !script_u64(o, "n", &d.n) ||
        !script_u64(o, "sid", &d.sid) || !script_u64(o, "iova", &d.iova) ||
        !script_u64(o, "len", &d.len) || d.sid > UINT32_MAX || d.len > UINT32_MAX)
        return false;
    d.write = dir[0] == 'w';
    read_dma_log(s, o);
    set_clock(s);
    if (!s->log)
        s->src->t_ns += 1000;
    s->dmas++;
    if (s->log && s->n_seen != expected)
        import_count(s->im, s->n_seen ? IMPORT_ODD : IMPORT_LACKS,
                     s->n_seen ? "DMAs with more or fewer translations than intended"
                               : "outcome of a DMA (the log has no line of it)", 1);
    n = s->n_seen > expected ? s->n_seen : expected;
    for (size_t i = 0; i < n; i++)
        emit_access(s, o, &d, i, n);
    return true;
}

/* ---- tables, commands, registers ---------------------------------------------------------------- */

static bool on_head(struct script *s, struct json_object *o)
{
    const char *iommu = script_text(o, "iommu");
    uint64_t cap, ecap;

    if (!iommu)
        return false;
    s->arch = strcmp(iommu, "smmuv3") == 0 ? TRACE_ARCH_SMMUV3 : TRACE_ARCH_VTD;
    s->has_head = true;
    s->cmd_words = 2;
    if (s->arch == TRACE_ARCH_VTD && script_u64(o, "cap", &cap) && script_u64(o, "ecap", &ecap)) {
        emit_words(s, REC_CAP, 0x08, 8, &cap, 1);
        emit_words(s, REC_CAP, 0x10, 8, &ecap, 1);
    } else {
        import_count(s->im, IMPORT_LACKS, "identification registers (the profile's hold)", 1);
    }
    return true;
}

static bool in_ring(const struct script *s, uint64_t at)
{
    return at >= s->ring && at - s->ring < s->ring_bytes;
}

static bool on_write(struct script *s, struct json_object *o)
{
    uint64_t at, value;
    struct pending *c;

    if (!script_u64(o, "a", &at) || !script_u64(o, "v", &value) || at % 8 != 0)
        return false;
    if (!in_ring(s, at)) {
        s->in_cmd = false;
        emit_words(s, REC_TABLE, at, 0, &value, 1);
        return true;
    }
    c = s->in_cmd ? &s->cmd[s->cmds - 1] : NULL;
    if (!c || c->n == s->cmd_words) {
        import_count(s->im, IMPORT_ODD, "words of the command queue that no command explains", 1);
        return true;
    }
    c->w[c->n++] = value;
    return true;
}

static bool on_cmd(struct script *s, struct json_object *o)
{
    const char *name = script_text(o, "name");
    char what[80];

    if (!name)
        return false;
    snprintf(what, sizeof what, "%s commands", name);
    import_count(s->im, IMPORT_USED, what, 1);
    if (s->cmds == s->cmd_room)
        s->cmd = grown(s->cmd, &s->cmd_room, sizeof *s->cmd);
    s->cmd[s->cmds++] = (struct pending){ .n = 0 };
    s->in_cmd = true;
    return true;
}

static void ring_doorbell(struct script *s)
{
    s->in_cmd = false;
    if (s->cmds == 0)
        return;
    for (size_t i = 0; i < s->cmds; i++) {
        if (s->cmd[i].n == s->cmd_words)
            emit_words(s, REC_COMMAND, 0, 0, s->cmd[i].w, s->cmd[i].n);
        else
            import_count(s->im, IMPORT_ODD, "commands with too few words (left out)", 1);
    }
    s->cmds = 0;
    emit_words(s, REC_DOORBELL, 0, 0, NULL, 0);
}

/* Where the command queue is: CMDQ_BASE [SMMUv3 6.3], IQA_REG [VT-d 11.4]. */
enum { SMMU_CMDQ_BASE = 0x90, SMMU_CMDQ_PROD = 0x98, VTD_IQT = 0x88, VTD_IQA = 0x90 };

static void note_ring(struct script *s, uint64_t v)
{
    if (s->arch == TRACE_ARCH_SMMUV3) {
        unsigned log2 = (unsigned)bits_get(v, 4, 0);
        s->ring = v & bits_mask(51, 5);
        s->ring_bytes = 16ull << (log2 < 20 ? log2 : 19);
    } else {
        s->ring = v & bits_mask(63, 12);
        s->ring_bytes = 4096ull << bits_get(v, 2, 0);
        s->cmd_words = bits_get(v, 11, 11) ? 4 : 2;
    }
}

static const char *pointer_name(const struct script *s, uint64_t off)
{
    if (s->arch == TRACE_ARCH_VTD)
        return off == VTD_IQT ? "writes of IQT" : NULL;
    switch (off) {
    case SMMU_CMDQ_PROD:
        return "writes of CMDQ_PROD";
    case 0x9c:
        return "writes of CMDQ_CONS";
    case 0xa8:
    case 0x100a8:
        return "writes of EVENTQ_PROD";
    case 0xac:
    case 0x100ac:
        return "writes of EVENTQ_CONS";
    default:
        return NULL;
    }
}

static bool on_reg(struct script *s, struct json_object *o)
{
    uint64_t off, v, size;
    const char *pointer;

    if (!script_u64(o, "off", &off) || !script_u64(o, "v", &v) || !script_u64(o, "size", &size) ||
        (size != 4 && size != 8))
        return false;
    if (off == (s->arch == TRACE_ARCH_SMMUV3 ? SMMU_CMDQ_PROD : VTD_IQT))
        ring_doorbell(s);
    pointer = pointer_name(s, off);
    if (pointer) {
        import_count(s->im, IMPORT_DROPPED, pointer, 1);
        return true;
    }
    if (off == (s->arch == TRACE_ARCH_SMMUV3 ? SMMU_CMDQ_BASE : VTD_IQA))
        note_ring(s, v);
    emit_words(s, REC_REG, off, (uint32_t)size, &v, 1);
    return true;
}

/* ---- words -------------------------------------------------------------------------------------- */

/* "stream sid=24 kind=nested asid=23926 vmid=201" */
static bool on_stream(struct script *s, struct json_object *o)
{
    char text[200] = "stream";
    size_t at = strlen(text);

    json_object_object_foreach(o, key, value) {
        if (strcmp(key, "t") != 0 && at < sizeof text)
            at += (size_t)snprintf(text + at, sizeof text - at, " %s=%s", key,
                                   json_object_get_string(value));
    }
    emit_marker(s, text);
    return true;
}

static bool on_note(struct script *s, struct json_object *o)
{
    const char *note = script_text(o, "text");
    char text[200];

    if (!note)
        return false;
    snprintf(text, sizeof text, "%s", note);
    emit_marker(s, text);
    return true;
}

static bool on_end(struct script *s, struct json_object *o)
{
    uint64_t dmas;

    if (!script_u64(o, "dmas", &dmas))
        return false;
    s->ended = true;
    if (dmas != s->dmas)
        import_count(s->im, IMPORT_ODD, "DMAs more or fewer than the script's end says",
                     dmas > s->dmas ? dmas - s->dmas : s->dmas - dmas);
    return true;
}

static const struct { const char *t; bool (*handle)(struct script *, struct json_object *); } kinds[] = {
    { "w", on_write },   { "dma", on_dma },       { "reg", on_reg },   { "cmd", on_cmd },
    { "note", on_note }, { "stream", on_stream }, { "head", on_head }, { "end", on_end },
};

static bool handle(struct script *s, struct json_object *o)
{
    const char *t = script_text(o, "t");
    char what[40];

    if (!t || (!s->has_head && strcmp(t, "head") != 0))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].t, t) == 0) {
            snprintf(what, sizeof what, "script: %s", t);
            import_count(s->im, IMPORT_USED, what, 1);
            return kinds[i].handle(s, o);
        }
    return false;
}

static int line_of(void *state, const struct import_line *line)
{
    struct script *s = state;
    struct json_object *o;
    bool understood;

    if (line->len == 0)
        return 0;
    if (!s->clocked)
        start_clock(s);
    json_tokener_reset(s->json);
    o = json_tokener_parse_ex(s->json, line->text, (int)line->len + 1);
    understood = o && json_object_is_type(o, json_type_object) && handle(s, o);
    json_object_put(o);
    if (!understood)
        import_bad_line(s->src, line, "not understood");
    s->src->used_lines += understood;
    return s->rc;
}

/* ---- the parser --------------------------------------------------------------------------------- */

static bool probe(const struct import_line *line, struct import_probe *p)
{
    const bool smmu = strstr(line->text, "\"iommu\":\"smmuv3\"") != NULL;

    if (strncmp(line->text, "{\"t\":\"head\"", 11) != 0)
        return false;
    p->arch = smmu ? TRACE_ARCH_SMMUV3 : TRACE_ARCH_VTD;
    snprintf(p->what, sizeof p->what, "script for %s", smmu ? "smmuv3" : "vt-d");
    return true;
}

static void stop(void *state)
{
    struct script *s = state;

    if (s->json)
        json_tokener_free(s->json);
    free(s->cmd);
    free(s->seen);
    free(s);
}

static void *start(struct import_source *src)
{
    struct script *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->src = src;
    s->im = src->im;
    s->json = json_tokener_new_ex(JSON_DEPTH);
    if (!s->json) {
        free(s);
        return NULL;
    }
    json_tokener_set_flags(s->json, JSON_TOKENER_STRICT);
    return s;
}

static int finish(void *state)
{
    struct script *s = state;

    if (s->rc == 0 && s->cmds)
        import_count(s->im, IMPORT_ODD, "commands never given to the unit (left out)", s->cmds);
    if (!s->ended)
        import_count(s->im, IMPORT_ODD, "script without its end: cut", 1);
    if (!s->log && s->dmas)
        import_count(s->im, IMPORT_LACKS, "lookups, their hits and the times of the DMAs (no log)", s->dmas);
    if (s->log)
        read_log(s, UINT64_MAX);
    return s->rc;
}

const struct import_parser import_script = {
    .name = "script of a synthetic capture",
    .expects = "a script that begins with {\"t\":\"head\"",
    .side = IMPORT_SCRIPT,
    .takes_unended = true,
    .probe = probe,
    .start = start,
    .line = line_of,
    .finish = finish,
    .stop = stop,
};

int import_script_run(struct import *im, struct import_source *script, struct import_source *log)
{
    int rc;

    (void)im;
    script->companion = log;
    if (log)
        log->outcomes_only = true;
    while ((rc = import_step(script)) > 0)
        ;
    return rc;
}
