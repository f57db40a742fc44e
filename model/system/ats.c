/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices that translate ahead: what they keep, ask and give up; ats_timed.c puts time between.
 */
#include "system/ats_impl.h"

#include <stdlib.h>

PARAM_ROWS(params, ATS_PARAMS);
PARAM_ROWS(store_rows, STORE_PARAMS);
STAT_ROWS(stats, ATS_STATS);
static const struct comp_kind ats_kind = { "device", params, ARRAY_LEN(params), stats, ARRAY_LEN(stats) };

void ats_config_params(struct ats_config *c, struct param_set *set)
{
    param_add(set, "device", params, ARRAY_LEN(params), &c->par.requests);
    param_add(set, "device.atc", store_rows, ARRAY_LEN(store_rows), &c->lines.sets);
    c->lines.sets = 0;
    param_add(set, "device.atc", atc_rows, ATC_ROWS, &c->atc.inval_ps);
    param_add(set, "device.atc.port", port_rows, PORT_ROWS, (uint64_t *)&c->port);
}

struct ats *ats_new(struct system *s, const struct ats_ops *ops, const struct ats_config *c, unsigned n,
                    uint64_t seed)
{
    struct ats *a = calloc(1, sizeof *a);
    int err = 0;

    if (!a)
        return NULL;
    *a = (struct ats){ .sys = s, .ops = ops, .par = c->par, .n = n };
    a->link = calloc(n, sizeof *a->link);
    comp_init(&a->comp, &ats_kind, NULL, "device", &a->par, &a->st);
    for (unsigned i = 0; a->link && i < n; i++) {
        char name[16] = "atc";

        if (i)
            snprintf(name, sizeof name, "atc%u", i);
        err |= atc_init(&a->link[i].atc, &a->comp, name, &c->atc, &c->lines, seed);
    }
    if (!a->link || err) {
        ats_free(a);
        return NULL;
    }
    return a;
}

void ats_free(struct ats *a)
{
    if (!a)
        return;
    for (unsigned i = 0; a->link && i < a->n; i++) {
        atc_destroy(&a->link[i].atc);
        slots_destroy(&a->link[i].requests);
        slots_destroy(&a->link[i].pages);
    }
    free(a->link);
    free(a->frame);
    free(a);
}

void ats_reset(struct ats *a)
{
    for (unsigned i = 0; i < a->n; i++)
        store_clear(&a->link[i].atc.lines);
}

struct ats_link *ats_link_of(struct ats *a, uint32_t rid)
{
    return &a->link[a->n > 1 ? a->ops->front_of(a->sys, rid) : 0];
}

/* ---- translations -------------------------------------------------------------------------------- */

struct xl_req ats_request_of(const struct ats *a, const struct xl_req *access)
{
    struct xl_req r = *access;

    r.type = XL_ATS_REQUEST;
    r.addr = bits_align_down(access->addr, ATS_PAGE_LOG2);
    r.no_write = a->par.no_write && !access->write && !access->atomic;
    r.write = r.atomic = r.speculative = false;
    return r;
}

uint64_t ats_ctx(const struct xl_req *r)
{
    return atc_ctx(r->sid, r->has_ssid, r->ssid, r->priv);
}

unsigned ats_need(const struct xl_req *r)
{
    if (r->atomic)
        return ATC_R | ATC_W;
    return r->write ? ATC_W : r->exec ? ATC_R | ATC_X : ATC_R;
}

static uint8_t rights(const struct xl_result *res)
{
    return (uint8_t)((res->ats_r ? ATC_R : 0) | (res->ats_w ? ATC_W : 0) | (res->ats_x ? ATC_X : 0));
}

/* What the answer says; where the unit passes everything on, the page is what it is, with all rights.  False: it
 * says nothing. */
static bool line_of(const struct xl_req *access, const struct xl_result *res, struct atc_line *line)
{
    if (res->outcome == XL_BYPASS)
        *line = (struct atc_line){ .size_log2 = ATS_PAGE_LOG2, .rights = ATC_R | ATC_W | ATC_X, .passes = true };
    else
        *line = (struct atc_line){ .delta = res->pa - bits_align_down(access->addr, res->ats_size_log2),
                                   .size_log2 = res->ats_size_log2, .rights = rights(res) };
    return res->outcome == XL_BYPASS || res->outcome == XL_ATS_OK;
}

enum ats_answer ats_take_answer(struct ats *a, struct ats_link *l, const struct xl_req *access,
                                const struct xl_result *res, uint64_t since, struct atc_line *line)
{
    uint64_t base;

    if (!line_of(access, res, line)) {
        a->st.failed++;
        return ATS_FAILED;
    }
    base = bits_align_down(access->addr, line->size_log2);
    if (line->rights && !atc_fill(&l->atc, ats_ctx(access), base, line->size_log2, line, since)) {
        a->st.overtaken++;
        return ATS_OVERTAKEN;
    }
    if ((line->rights & ats_need(access)) == ats_need(access))
        return ATS_GRANTED;
    a->st.refused++;
    return access->speculative ? ATS_FAILED : ATS_REFUSED;     /* no page is asked for */
}

struct xl_req ats_translated(const struct xl_req *access, const struct atc_line *line)
{
    struct xl_req r = *access;

    r.type = XL_TRANSLATED;
    r.addr += line->delta;
    return r;
}

/* What the unit said of the translated access is the access's end. */
void ats_end(const struct xl_req *access, const struct atc_line *line, struct xl_result *res)
{
    if (res->outcome == XL_BYPASS && !line->passes)
        res->outcome = XL_OK;
    res->ats_size_log2 = line->size_log2;
    res->write = access->write;
    res->priv = access->priv;
    res->exec = access->exec;
}

/* ---- page requests ------------------------------------------------------------------------------- */

bool ats_may_ask_page(const struct ats *a, const struct xl_req *access, unsigned tries)
{
    return a->par.pri && a->sys->software && tries < a->par.page_tries &&
           (!a->ops->asks_pages || a->ops->asks_pages(a->sys, access->sid));
}

uint16_t ats_open_group(struct ats *a, struct ats_link *l, uint32_t rid, struct flow *f)
{
    struct ats_group *g;

    do
        g = &l->group[l->next_group++ % ATS_GROUPS];
    while (g->waiting);
    *g = (struct ats_group){ .rid = rid, .waiting = true, .code = PRI_FAILURE, .flow = f };
    a->st.page_groups++;
    return (uint16_t)(g - l->group);
}

void ats_send_group(struct ats *a, uint16_t group, const struct xl_req *access)
{
    struct page_request r = {
        .rid = access->sid, .pasid = access->ssid, .has_pasid = access->has_ssid, .group = group,
        .read = !access->write || access->atomic, .write = access->write || access->atomic,
        .exec = access->exec && access->has_ssid, .priv = access->priv && access->has_ssid,
        .addr = bits_align_down(access->addr, ATS_PAGE_LOG2),
    };

    for (uint64_t i = 1; i <= a->par.page_group; i++, r.addr += 1ull << ATS_PAGE_LOG2) {
        r.last = i == a->par.page_group;
        a->st.page_requests++;
        a->ops->page_request(a->sys, &r);
    }
}

void ats_respond(struct ats *a, uint32_t rid, uint16_t group, uint8_t code)
{
    struct ats_link *l = ats_link_of(a, rid);
    struct ats_group *g = &l->group[group % ATS_GROUPS];

    if (!g->waiting || g->rid != rid) {
        a->st.page_stray++;
        return;
    }
    g->waiting = false;
    g->code = code;
    a->st.page_success += code == PRI_SUCCESS;
    a->st.page_refused += code != PRI_SUCCESS;
    if (g->flow)
        ats_wake(a, g->flow);
}

/* ---- functional ---------------------------------------------------------------------------------- */

static bool ask_page(struct ats *a, struct ats_link *l, const struct xl_req *req, unsigned tries)
{
    uint16_t group;

    if (!ats_may_ask_page(a, req, tries))
        return false;
    group = ats_open_group(a, l, req->sid, NULL);
    ats_send_group(a, group, req);
    l->group[group].waiting = false;           /* who has not answered by now does not */
    return l->group[group].code == PRI_SUCCESS;
}

/* Asks until there is a translation with the right; false: given up, *res says why. */
static bool ask(struct ats *a, struct ats_link *l, const struct xl_req *req, struct atc_line *line,
                struct xl_result *res, struct system_trail *trail)
{
    const struct xl_req r = ats_request_of(a, req);

    for (unsigned tries = 0;; tries++) {
        enum ats_answer answer;

        a->st.requests++;
        a->ops->translate(a->sys, &r, res, trail);
        trail->cls = tries ? a->ops->page_class : a->ops->request_class;
        answer = ats_take_answer(a, l, req, res, l->atc.seen, line);
        if (answer == ATS_GRANTED)
            return true;
        if (answer == ATS_FAILED || !ask_page(a, l, req, tries))
            break;
    }
    a->st.given_up++;
    trail->cls = a->ops->given_up_class;
    return false;
}

static void translate(struct ats *a, const struct xl_req *req, struct xl_result *res,
                      struct system_trail *trail)
{
    struct ats_link *l = ats_link_of(a, req->sid);
    const struct atc_line *hit = atc_lookup(&l->atc, ats_ctx(req), req->addr, ats_need(req));
    struct system_trail passed;
    struct atc_line line;
    struct xl_req r;

    a->st.accesses++;
    a->st.atc_hits += hit != NULL;
    *trail = (struct system_trail){ .cls = a->ops->hit_class };
    if (hit)
        line = *hit;
    else if (!ask(a, l, req, &line, res, trail))
        return;
    r = ats_translated(req, &line);
    a->ops->translate(a->sys, &r, res, &passed);
    ats_end(req, &line, res);
}

void ats_translate(struct ats *a, const struct xl_req *req, struct xl_result *res,
                   struct system_trail *trail)
{
    if (req->type == XL_UNTRANSLATED && a->ops->enabled(a->sys, req))
        translate(a, req, res, trail);
    else
        a->ops->translate(a->sys, req, res, trail);
}

/* ---- invalidations ------------------------------------------------------------------------------- */

void ats_invalidate(struct ats *a, uint32_t rid, bool has_pasid, uint32_t pasid, uint64_t first, uint64_t last)
{
    const struct store_match m = atc_match(rid, has_pasid, pasid, first, last);

    atc_invalidate(&ats_link_of(a, rid)->atc, &m);
}
