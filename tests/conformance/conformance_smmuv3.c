/* SPDX-License-Identifier: Apache-2.0
 *
 * conformance_smmuv3.c - SMMUv3 vectors: transactions on the machine driven from memory, with their
 * reads in order and their event records, then on systems, cold and warm; and commands.
 */
#include "tests/conformance/conformance_smmuv3.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/translate.h"
#include "base/sim.h"

enum { READS = 64 };

/* What the machine asked of memory. */
struct reads {
    struct xl_fetch at[READS];
    unsigned n, of_walk;               /* all; those that no configuration structure needed */
};

/* ---- a vector's parts ------------------------------------------------------------------------ */

static struct mem *memory_of(const struct json_object *v)
{
    struct mem *m = mem_new();

    json_object_object_foreach(jown(jget(v, "mem")), at, word)
        if (m)
            mem_write64(m, strtoull(at, NULL, 0), jvalue(word));
    return m;
}

static struct smmuv3_regs regs_of(const struct json_object *v)
{
    struct smmuv3_regs r = { 0 };

    for (unsigned i = 0; i < smmuv3_reg_count; i++) {
        const struct smmuv3_reg_row *row = &smmuv3_reg_rows[i];

        smmuv3_reg_write(&r, row->offset, jnum(jget(v, "regs"), row->name, 0), row->bytes);
    }
    return r;
}

static struct xl_req request_of(const struct json_object *q)
{
    const char *ats = jstr(q, "ats");

    return (struct xl_req){
        .addr = jnum(q, "va", 0), .sid = (uint32_t)jnum(q, "sid", 0),
        .has_ssid = jhas(q, "ssid"), .ssid = (uint32_t)jnum(q, "ssid", 0),
        .write = !jnum(q, "rnw", 1), .priv = jnum(q, "priv", 0), .exec = jnum(q, "inst", 0),
        .no_write = jnum(q, "nw", 0),
        .type = strcmp(ats, "treq") == 0         ? XL_ATS_REQUEST
                : strcmp(ats, "translated") == 0 ? XL_TRANSLATED : XL_UNTRANSLATED,
    };
}

static bool aborts(const struct json_object *v, uint64_t pa)
{
    const struct json_object *list = jget(v, "abort_pa");

    for (size_t i = 0; i < jlen(list); i++)
        if (jvalue(jat(list, i)) == pa)
            return true;
    return false;
}

static void note_read(struct reads *r, const struct smmuv3_q *q)
{
    if (r->n < READS)
        r->at[r->n] = (struct xl_fetch){ smmuv3_q_name(q), q->pa };
    r->n++;
    r->of_walk += q->kind == SMMUV3_Q_S1 || (q->kind == SMMUV3_Q_S2 && q->cls != EVENT_CLASS_CD);
}

/* Cold: every question that a cache could answer is not. */
static void run_cold(struct smmuv3_xl *m, const struct smmuv3_regs *regs, struct mem *mem,
                     const struct json_object *v, const struct xl_req *req, struct reads *reads)
{
    static const struct smmuv3_impl impl = { .contiguous = true };

    smmuv3_xl_begin(m, regs, &impl, req);
    while (smmuv3_xl_ask(m)) {
        uint64_t words[8];
        bool ok;

        if (!m->q.words) {
            smmuv3_xl_tell_none(m);
            continue;
        }
        ok = !aborts(v, m->q.pa) && mem_read(mem, m->q.pa, m->q.words, words);
        if (m->q.kind != SMMUV3_Q_CAS)
            note_read(reads, &m->q);
        else if (ok && words[0] == m->q.old)
            mem_write64(mem, m->q.pa, m->q.value);
        smmuv3_xl_tell(m, ok ? words : NULL);
    }
}

/* ---- transactions ---------------------------------------------------------------------------- */

static const char *result_name(const struct xl_result *r)
{
    switch (r->outcome) {
    case XL_OK: case XL_BYPASS:   return "ok";
    case XL_ABORT: case XL_FAULT: return "abort";
    case XL_RAZWI:                return "raz_wi";
    case XL_STALL:                return "stall";
    case XL_ATS_OK:               return "ats_success";
    case XL_ATS_UR:               return "ats_ur";
    case XL_ATS_CA:               return "ats_ca";
    default:                      return "nothing";
    }
}

static void check_event(struct score *s, const char *who, const struct xl_req *req,
                        const struct xl_result *res, const struct json_object *event)
{
    uint64_t found[EVENT_WORDS], want[EVENT_WORDS] = { 0 }, mask[EVENT_WORDS] = { 0 };
    const struct smmuv3_event_row *row = smmuv3_event_find(res->code);

    if (res->recorded != (event != NULL))
        score_fail(s, "%s: %s", who, res->recorded ? "an event is recorded" : "no event is recorded");
    if (!event || !res->recorded)
        return;
    if (!row || strcmp(row->name, jstr(event, "type")) != 0)
        score_fail(s, "%s: event %s, expected %s", who, row ? row->name : "unknown", jstr(event, "type"));
    smmuv3_event_encode(req, res, found);
    jwords(jget(event, "words"), want, EVENT_WORDS);
    jwords(jget(event, "mask"), mask, EVENT_WORDS);
    for (unsigned i = 0; i < EVENT_WORDS; i++)
        if ((found[i] ^ want[i]) & mask[i])
            score_fail(s, "%s: event word %u: found 0x%" PRIx64 ", expected 0x%" PRIx64
                       " under 0x%" PRIx64, who, i, found[i], want[i], mask[i]);
}

static void check_number(struct score *s, const char *who, const char *what, uint64_t found,
                         const struct json_object *in, const char *key)
{
    if (jhas(in, key) && found != jnum(in, key, 0))
        score_fail(s, "%s: %s: found 0x%" PRIx64 ", expected 0x%" PRIx64, who, what, found,
                   jnum(in, key, 0));
}

/* What a result alone tells. */
static void check_result(struct score *s, const char *who, const struct xl_req *req,
                         const struct xl_result *res, const struct json_object *v)
{
    const struct json_object *expect = jget(v, "expect"), *attrs = jget(expect, "attrs");

    if (strcmp(result_name(res), jstr(expect, "result")) != 0) {
        score_fail(s, "%s: %s (event 0x%02x), expected %s", who, result_name(res), res->code,
                   jstr(expect, "result"));
    } else {
        check_number(s, who, "pa", res->pa, expect, "pa");
        check_number(s, who, "ASID", res->domain & 0xffff, expect, "asid");
        check_number(s, who, "VMID", res->domain >> 16, expect, "vmid");
        check_number(s, who, "R", res->ats_r, expect, "r");
        check_number(s, who, "W", res->ats_w, expect, "w");
        check_number(s, who, "memory type", res->mair, attrs, "mair");
        check_number(s, who, "shareability", res->sh, attrs, "sh");
    }
    check_event(s, who, req, res, jget(expect, "event"));
}

static void check_reads(struct score *s, const struct reads *r, const struct json_object *expect)
{
    const struct json_object *list = jget(expect, "fetches");

    if (list)
        score_equal(s, "reads", r->n, jlen(list));
    for (size_t i = 0; i < jlen(list) && i < r->n && i < READS; i++) {
        const char *name = json_object_get_string(jown(jat(jat(list, i), 0)));

        if (strcmp(r->at[i].name, name) != 0)
            score_fail(s, "read %zu is %s, expected %s", i, r->at[i].name, name);
        score_equal(s, name, r->at[i].pa, jvalue(jat(jat(list, i), 1)));
    }
    if (jhas(expect, "n_fetches"))
        score_equal(s, "reads", r->n, jnum(expect, "n_fetches", 0));
    if (jhas(expect, "n_walk_fetches"))
        score_equal(s, "reads of the walk", r->of_walk, jnum(expect, "n_walk_fetches", 0));
}

/* What only the machine knows. */
static void check_leaf(struct score *s, const struct smmuv3_xl *m, const struct json_object *expect)
{
    check_number(s, "machine", "page bits", m->leaf.size_log2, expect, "page_bits");
    check_number(s, "machine", "nG", !m->leaf.global, jget(expect, "attrs"), "ng");
}

void conformance_check_memory(struct score *s, const char *who, const struct json_object *v,
                              struct mem *mem)
{
    const struct json_object *before = jget(v, "mem"), *writes = jget(jget(v, "expect"), "writes");

    json_object_object_foreach(jown(before), at, word) {
        uint64_t value = jhas(writes, at) ? jnum(writes, at, 0) : jvalue(word);

        if (mem_read64(mem, strtoull(at, NULL, 0)) != value)
            score_fail(s, "%s: %s is 0x%" PRIx64 " afterwards, expected 0x%" PRIx64, who, at,
                       mem_read64(mem, strtoull(at, NULL, 0)), value);
    }
}

static void run_vector(const struct json_object *v, struct score *s)
{
    struct smmuv3_regs regs = regs_of(v);
    struct xl_req req = request_of(jget(v, "request"));
    struct mem *mem = memory_of(v);
    struct reads reads = { .n = 0 };
    static struct smmuv3_xl m;

    score_begin(s, v);
    run_cold(&m, &regs, mem, v, &req, &reads);
    check_result(s, "machine", &m.req, &m.res, v);
    check_leaf(s, &m, jget(v, "expect"));
    check_reads(s, &reads, jget(v, "expect"));
    conformance_check_memory(s, "machine", v, mem);
    mem_free(mem);
    conformance_smmuv3_systems(v, &regs, &req, s, check_result);
    score_end(s);
}

/* ---- commands -------------------------------------------------------------------------------- */

static bool member(const struct smmuv3_cmd *c, const char *name, uint64_t *value)
{
    const struct { const char *name; uint64_t value; } list[] = {
        { "sid", c->sid_first },  { "sid_first", c->sid_first }, { "sid_last", c->sid_last },
        { "leaf", c->leaf },      { "ssid", c->ssid },           { "vmid", c->vmid },
        { "asid", c->asid },      { "addr", c->first },          { "first", c->first },
        { "last", c->last },      { "ranged", c->ranged },       { "ttl", c->ttl },
        { "stag", c->stag },      { "cs", c->cs },               { "msidata", c->msidata },
        { "msiaddr", c->msiaddr },
    };

    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (strcmp(list[i].name, name) == 0) {
            *value = list[i].value;
            return true;
        }
    return false;
}

/* CMD_CFGI_ALL is CFGI_STE_RANGE over everything. */
static const char *name_of(const struct smmuv3_cmd *c)
{
    const struct smmuv3_cmd_row *row = smmuv3_cmd_find(c->op);

    if (c->op == SMMUV3_CMD_CFGI_STE_RANGE && c->sid_first == 0 && c->sid_last == UINT32_MAX)
        return "CFGI_ALL";
    return row ? row->name : "";
}

static const char *action_of(const struct smmuv3_cmd *c)
{
    return c->ac ? "retry" : c->ab ? "abort" : "terminate";
}

static void check_member(struct score *s, const struct smmuv3_cmd *c, unsigned error,
                         const char *name, const struct json_object *want)
{
    const char *text = want ? json_object_get_string(jown(want)) : "";
    uint64_t value;

    if (strcmp(name, "cmd") == 0) {
        if (strcmp(name_of(c), text) != 0)
            score_fail(s, "command %s, expected %s", name_of(c), text);
    } else if (strcmp(name, "error") == 0) {
        score_equal(s, "error", error, strcmp(text, "CERROR_ILL") == 0 ? CERROR_ILL : CERROR_NONE);
    } else if (strcmp(name, "action") == 0) {
        if (strcmp(action_of(c), text) != 0)
            score_fail(s, "action %s, expected %s", action_of(c), text);
    } else if (strcmp(name, "ssid") == 0 && !want) {
        score_equal(s, "SubstreamID given", c->has_ssid, false);
    } else if (member(c, name, &value)) {
        score_equal(s, name, value, jvalue(want));
    } else {
        score_fail(s, "unknown operand \"%s\"", name);
    }
}

static void run_command(const struct json_object *v, const struct smmuv3_regs *regs,
                        struct score *s)
{
    uint64_t words[CMD_WORDS] = { 0 };
    struct smmuv3_cmd c;
    unsigned error;

    score_begin(s, v);
    jwords(jget(v, "words"), words, CMD_WORDS);
    error = smmuv3_cmd_decode(regs, words, &c);
    json_object_object_foreach(jown(jget(v, "expect")), name, want)
        check_member(s, &c, error, name, want);
    if (!jhas(jget(v, "expect"), "error"))
        score_equal(s, "error", error, CERROR_NONE);
    score_end(s);
}

void conformance_smmuv3(const struct json_object *root, struct score *s)
{
    const struct json_object *list = jget(root, "vectors");
    struct smmuv3_regs regs = regs_of(jat(list, 0));

    for (size_t i = 0; i < jlen(list); i++)
        run_vector(jat(list, i), s);
    list = jget(root, "commands");
    for (size_t i = 0; i < jlen(list); i++)
        run_command(jat(list, i), &regs, s);
}
