/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/import_script.h"

#include <stdlib.h>
#include <string.h>

#include "arch/vtd/regs.h"
#include "base/bits.h"
#include "base/sim.h"

enum { JSON_DEPTH = 8 };

/* ---- items -------------------------------------------------------------------------------------- */

void script_emit(struct script *s, struct import_item *it)
{
    if (s->rc == 0)
        s->rc = import_emit(s->src, it);
}

void *script_grown(void *list, size_t *room, size_t size)
{
    size_t more = *room ? *room * 2 : 16;
    void *p = realloc(list, more * size);

    SIM_CHECK(p, "no memory for %zu items", more);
    *room = more;
    return p;
}

static void emit_words(struct script *s, enum rec_kind kind, uint64_t addr, uint32_t len,
                       const uint64_t *w, unsigned n)
{
    struct import_item it = { 0 };

    it.rec = (struct rec){ .kind = (uint8_t)kind, .stream = REC_NO_STREAM, .addr = addr, .len = len,
                           .words = (uint16_t)n };
    for (unsigned i = 0; i < n; i++)
        it.ext.w[i] = w[i];
    script_emit(s, &it);
}

static void emit_marker(struct script *s, const char *text)
{
    uint64_t id = import_string(s->im, text);

    emit_words(s, REC_MARKER, 0, 0, &id, 1);
}

/* ---- tables, commands, registers ---------------------------------------------------------------- */

/* IDR5 [SMMUv3 6.3.6]: all granules, 44-bit output addresses.  It stands in no script, but every outcome
 * that one intends was worked out for it. */
static void emit_address_size(struct script *s)
{
    const uint64_t idr5 = 0x74;

    emit_words(s, REC_CAP, 0x14, 4, &idr5, 1);
    import_count(s->im, IMPORT_RECON, "IDR5: the 44-bit addresses that scripts of this kind are for", 1);
}

/* QEMU uses RID_PASID and does not say so in ECAP.RPS, and scripts intend it. */
static void announce_rid_pasid(struct script *s, uint64_t *ecap)
{
    if (!FIELD_GET(ECAP, SMTS, ecap) || FIELD_GET(ECAP, RPS, ecap))
        return;
    FIELD_SET(ECAP, RPS, ecap, 1);
    import_count(s->im, IMPORT_RECON, "ECAP.RPS, which the source acts by and does not announce", 1);
}

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
        announce_rid_pasid(s, &ecap);
        emit_words(s, REC_CAP, 0x10, 8, &ecap, 1);
    } else {
        import_count(s->im, IMPORT_LACKS, "identification registers (the profile's hold)", 1);
        if (s->arch == TRACE_ARCH_SMMUV3)
            emit_address_size(s);
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
    struct script_cmd *c;

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
        s->cmd = script_grown(s->cmd, &s->cmd_room, sizeof *s->cmd);
    s->cmd[s->cmds++] = (struct script_cmd){ .n = 0 };
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
    { "w", on_write },   { "dma", script_dma },       { "reg", on_reg },   { "cmd", on_cmd },
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
        script_start_clock(s);
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
        script_read_log(s, UINT64_MAX);
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
