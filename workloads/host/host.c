/* SPDX-License-Identifier: Apache-2.0 */
#include "workloads/host/host_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/list.h"
#include "base/sim.h"

PARAM_ROWS(param_rows, HOST_PARAMS);
STAT_ROWS(stat_rows, HOST_STATS);

const struct comp_kind host_kind = { "host", param_rows, ARRAY_LEN(param_rows), stat_rows,
                                     ARRAY_LEN(stat_rows) };

enum { IDENTITY_LOG2 = 30 };                   /* largest block of an identity mapping */

void host_defaults(struct host_params *par)
{
    *par = (struct host_params)PARAM_DEFAULTS(HOST_PARAMS);
}

int host_init(struct host *h, struct system *s, const struct host_params *par)
{
    memset(h, 0, sizeof *h);
    h->sys = s;
    host_defaults(&h->par);
    if (par)
        h->par = *par;
    comp_init(&h->comp, &host_kind, NULL, "host", &h->par, &h->st);
    h->ops = s->arch == SYSTEM_VTD ? &host_vtd_ops : &host_smmuv3_ops;
    h->next = h->par.table_base;
    h->next_page = h->par.page_base;
    h->next_asid = h->next_vmid = 1;
    if (h->par.granule_log2 & 1)
        return host_fail(h, SIM_EINPUT, "granule_log2 is not 12, 14 or 16");
    return 0;
}

static void domain_free(struct host_domain *d)
{
    free(d->demand);
    free(d->user);
    free(d->parent);
    free(d);
}

void host_destroy(struct host *h)
{
    struct host_domain *d, *d_next;
    struct host_stream *s, *s_next;

    HASH_ITER(hh, h->domains, d, d_next) {
        HASH_DEL(h->domains, d);
        domain_free(d);
    }
    HASH_ITER(hh, h->streams, s, s_next) {
        HASH_DEL(h->streams, s);
        free(s);
    }
}

int host_start(struct host *h)
{
    return h->ops->start(h);
}

/* ---- memory and commands --------------------------------------------------------------------- */

int host_fail(struct host *h, int err, const char *why)
{
    h->why = why;
    if (err == SIM_EINPUT)
        h->st.refused++;
    return err;
}

uint64_t host_alloc(struct host *h, unsigned bytes_log2)
{
    uint64_t pa = bits_align_down(h->next + bits_low(bytes_log2), bytes_log2);

    if (pa + (1ull << bytes_log2) > h->par.table_base + h->par.table_bytes) {
        host_fail(h, SIM_EENV, "no room left for tables (table_bytes)");
        return 0;
    }
    h->next = pa + (1ull << bytes_log2);
    return pa;
}

int host_write(struct host *h, uint64_t pa, uint64_t value)
{
    h->st.table_writes++;
    return system_table_write(h->sys, pa, &value, 1);
}

uint64_t host_read(const struct host *h, uint64_t pa)
{
    return mem_read64(h->sys->mem, pa);
}

int host_command(struct host *h, const uint64_t *words, unsigned n)
{
    h->st.commands++;
    return system_command(h->sys, words, n);
}

static uint64_t io_read(void *arg, uint64_t pa)
{
    return host_read(((struct host_domain *)arg)->host, pa);
}

static int io_write(void *arg, uint64_t pa, uint64_t value)
{
    return host_write(((struct host_domain *)arg)->host, pa, value);
}

/* A nested domain's tables are read through its stage 2. */
static uint64_t io_alloc(void *arg, unsigned bytes_log2)
{
    struct host_domain *d = arg;
    uint64_t pa = host_alloc(d->host, bytes_log2);

    if (pa && d->parent && host_identity(d->parent, pa, 1ull << bytes_log2))
        return 0;
    return pa;
}

/* ---- domains --------------------------------------------------------------------------------- */

struct host_domain *host_domain_new(struct host *h, uint64_t id, unsigned mode)
{
    struct host_domain *d = calloc(1, sizeof *d);

    if (!d) {
        host_fail(h, SIM_EENV, "no memory");
        return NULL;
    }
    d->id = id;
    d->host = h;
    d->mode = (uint8_t)mode;
    d->io = (struct table_io){ io_read, io_write, io_alloc, d };
    if (h->ops->domain_init(h, d)) {
        domain_free(d);
        return NULL;
    }
    if (h->par.max_block_log2)
        d->sizes &= bits_low((unsigned)h->par.max_block_log2 + 1) | (d->sizes & -d->sizes);
    return d;
}

static struct host_domain *find(const struct host *h, uint64_t id)
{
    struct host_domain *d;

    HASH_FIND(hh, h->domains, &id, sizeof id, d);
    return d;
}

static struct host_domain *find_or_make(struct host *h, uint64_t id, unsigned mode)
{
    struct host_domain *d = find(h, id);

    if (d)
        return d;
    d = host_domain_new(h, id, mode);
    if (d)
        HASH_ADD(hh, h->domains, id, sizeof d->id, d);
    return d;
}

static uint64_t stream_id(uint32_t sid, uint32_t pasid)
{
    return sid | (uint64_t)pasid << 32;
}

struct host_stream *host_stream_find(const struct host *h, uint32_t sid, uint32_t pasid)
{
    uint64_t id = stream_id(sid, pasid);
    struct host_stream *s;

    HASH_FIND(hh, h->streams, &id, sizeof id, s);
    return s;
}

struct host_stream *host_stream(struct host *h, uint32_t sid, uint32_t pasid)
{
    struct host_stream *s = host_stream_find(h, sid, pasid);

    if (s)
        return s;
    s = calloc(1, sizeof *s);
    if (!s) {
        host_fail(h, SIM_EENV, "no memory");
        return NULL;
    }
    s->id = stream_id(sid, pasid);
    s->sid = sid;
    s->pasid = pasid;
    HASH_ADD(hh, h->streams, id, sizeof s->id, s);
    return s;
}

/* ---- attach, detach -------------------------------------------------------------------------- */

static void count_ats(struct host_stream *s, int by)
{
    if (s->domain && s->ats)
        s->domain->ats_streams += (uint32_t)by;
}

/* One stream more or less that uses the domain by this PASID. */
static int count_user(struct host_domain *d, uint32_t pasid, int by)
{
    struct host_user *list;
    size_t i = 0;

    while (i < d->users && d->user[i].pasid != pasid)
        i++;
    if (i == d->users) {
        list = list_grow(d->user, d->users, &d->users_room, sizeof *list);
        if (!list)
            return host_fail(d->host, SIM_EENV, "no memory");
        d->user = list;
        d->user[d->users++] = (struct host_user){ .pasid = pasid };
    }
    d->user[i].streams += (uint32_t)by;
    if (d->user[i].streams == 0)
        d->user[i] = d->user[--d->users];
    return 0;
}

static int change(struct host *h, struct host_stream *s, unsigned mode, struct host_domain *d, bool ats)
{
    struct host_stream was = *s;
    int err = d ? count_user(d, s->pasid, 1) : 0;

    if (err)
        return err;
    count_ats(s, -1);
    s->mode = (uint8_t)mode;
    s->domain = d;
    s->ats = ats && d;
    s->attached = true;
    err = h->ops->attach(h, s, &was);
    if (err) {
        s->mode = was.mode;
        s->domain = was.domain;
        s->ats = was.ats;
        s->attached = was.attached;
    }
    count_ats(s, 1);
    was.domain = err ? d : was.domain;
    if (was.domain)
        count_user(was.domain, s->pasid, -1);
    return err;
}

static int attach(struct host *h, uint32_t sid, uint32_t pasid, uint64_t domain, unsigned mode, bool ats)
{
    bool own_format = mode == REC_MODE_STAGE2 || mode == REC_MODE_NESTED;
    struct host_domain *d = NULL;
    struct host_stream *s;
    int err;

    if (h->sys->arch == SYSTEM_SMMUV3 ? sid >> h->par.sid_bits != 0 : sid > 0xffff)
        return host_fail(h, SIM_EINPUT, "StreamID beyond the stream table");
    if (pasid >> h->par.pasid_bits)
        return host_fail(h, SIM_EINPUT, "PASID beyond what devices have (host.pasid_bits)");
    if (mode != REC_MODE_BYPASS && mode != REC_MODE_ABORT) {
        d = find_or_make(h, domain, own_format ? mode : h->plain_mode);
        if (!d)
            return SIM_EENV;
        if (own_format && !h->one_format && d->mode != mode)
            return host_fail(h, SIM_EINPUT, "domain has another format already");
    }
    s = host_stream(h, sid, pasid);
    if (!s)
        return SIM_EENV;
    err = change(h, s, mode, d, ats);
    h->st.attaches += !err;
    return err;
}

int host_attach(struct host *h, uint32_t sid, uint64_t domain, unsigned mode)
{
    return attach(h, sid, 0, domain, mode, false);
}

int host_attach_ats(struct host *h, uint32_t sid, uint64_t domain, unsigned mode)
{
    return attach(h, sid, 0, domain, mode, true);
}

static int detach(struct host *h, uint32_t sid, uint32_t pasid)
{
    struct host_stream *s = host_stream_find(h, sid, pasid);

    if (!s || !s->attached)
        return host_fail(h, SIM_EINPUT, "stream is not attached");
    return change(h, s, REC_MODE_ABORT, NULL, false);
}

int host_detach(struct host *h, uint32_t sid)
{
    return detach(h, sid, 0);
}

/* PASID 0 is that of the requests without one. */
static int check_pasid(struct host *h, uint32_t pasid)
{
    return pasid ? 0 : host_fail(h, SIM_EINPUT, "PASID 0 is that of requests without");
}

int host_attach_pasid(struct host *h, uint32_t sid, uint32_t pasid, uint64_t domain, unsigned mode)
{
    int err = check_pasid(h, pasid);

    return err ? err : attach(h, sid, pasid, domain, mode, false);
}

int host_detach_pasid(struct host *h, uint32_t sid, uint32_t pasid)
{
    int err = check_pasid(h, pasid);

    return err ? err : detach(h, sid, pasid);
}

/* ---- map ------------------------------------------------------------------------------------- */

static uint64_t smallest(const struct host_domain *d)
{
    return d->sizes & -d->sizes;
}

/* Is the range one that this domain's tables can hold? */
static int check_range(struct host *h, const struct host_domain *d, uint64_t iova, uint64_t pa,
                       uint64_t size)
{
    if ((iova | pa | size) & (smallest(d) - 1))
        return host_fail(h, SIM_EINPUT, "not a multiple of the page size");
    if (size == 0 || size > 1ull << d->in_bits || iova > (1ull << d->in_bits) - size)
        return host_fail(h, SIM_EINPUT, "empty, or beyond the width of IOVAs");
    if (d->out_bits < 64 && (size > 1ull << d->out_bits || pa > (1ull << d->out_bits) - size))
        return host_fail(h, SIM_EINPUT, "beyond the width of physical addresses");
    return 0;
}

static bool is_free(const struct host_domain *d, uint64_t iova, uint64_t size)
{
    struct host_leaf l;

    for (uint64_t at = iova; at < iova + size; at = (at | bits_low(l.size_log2)) + 1) {
        d->host->ops->look(d, at, &l);
        if (l.present)
            return false;
    }
    return true;
}

/* The largest leaf for what is left of a range, of at most 2^limit bytes. */
static unsigned choose(const struct host_domain *d, uint64_t in, uint64_t out, uint64_t left,
                       unsigned limit)
{
    unsigned most = bits_log2(left), align = in | out ? (unsigned)__builtin_ctzll(in | out) : 63;
    uint64_t sizes;

    most = most < align ? most : align;
    most = most < limit ? most : limit;
    sizes = d->sizes & bits_low(most + 1);
    return bits_log2(sizes ? sizes : smallest(d));
}

/* How many leaves of 2^log2 bytes from `in` on are alike: to the end of the range, of the table
 * (where a larger one may begin) and, unless they are pages, of the hole (a table may hang there). */
static uint64_t alike(const struct host_domain *d, uint64_t in, uint64_t left, uint64_t hole_left,
                      unsigned log2)
{
    uint64_t bytes = (1ull << (log2 + d->stride)) - (in & bits_low(log2 + d->stride));

    bytes = bytes < left ? bytes : left;
    if (1ull << log2 != smallest(d) && hole_left < bytes)
        bytes = hole_left;
    return bytes >> log2;
}

/* The range is free and fits.  Within one hole the tables need no second look: what is mapped from
 * its start on leaves every block behind it as free as it was. */
static int map_range(struct host_domain *d, uint64_t in, uint64_t out, uint64_t size, uint64_t attr,
                     unsigned limit)
{
    const struct host_ops *ops = d->host->ops;
    uint64_t hole_end = in;
    struct host_leaf l = { 0 };

    while (size > 0) {
        uint64_t n;
        unsigned log2;
        int err;

        if (in >= hole_end) {
            ops->look(d, in, &l);
            hole_end = (in | bits_low(l.size_log2)) + 1;
        }
        log2 = choose(d, in, out, size, limit < l.size_log2 ? limit : l.size_log2);
        n = alike(d, in, size, hole_end - in, log2);
        err = ops->map(d, in, out, log2, attr, n);
        if (err)
            return err;
        d->host->st.leaves += n;
        in += n << log2;
        out += n << log2;
        size -= n << log2;
    }
    return 0;
}

static int map_now(struct host *h, struct host_domain *d, uint64_t iova, uint64_t pa, uint64_t size,
                   unsigned perm, unsigned page_log2)
{
    int err;

    if (!is_free(d, iova, size))
        return host_fail(h, SIM_EINPUT, "map over a mapping");
    err = d->parent ? host_identity(d->parent, pa, size) : 0;
    if (!err)
        err = map_range(d, iova, pa, size, h->ops->attr(d, perm), page_log2 ? page_log2 : 63);
    if (!err)
        err = h->ops->mapped(h, d, iova, iova + size - 1);
    h->st.maps += !err;
    return err;
}

static int map_later(struct host *h, struct host_domain *d, const struct host_demand *want)
{
    struct host_demand *list;

    for (size_t i = 0; i < d->demands; i++)
        if (want->iova < d->demand[i].iova + d->demand[i].size && d->demand[i].iova < want->iova + want->size)
            return host_fail(h, SIM_EINPUT, "map over a mapping");
    list = list_grow(d->demand, d->demands, &d->demands_room, sizeof *list);
    if (!list)
        return host_fail(h, SIM_EENV, "no memory");
    d->demand = list;
    d->demand[d->demands++] = *want;
    return 0;
}

int host_map(struct host *h, uint64_t domain, uint64_t iova, uint64_t pa, uint64_t size,
             unsigned perm, unsigned page_log2)
{
    struct host_domain *d = find_or_make(h, domain, h->plain_mode);
    int err;

    if (!d)
        return SIM_EENV;
    if (!(perm & (REC_PERM_R | REC_PERM_W)))
        perm |= REC_PERM_R | REC_PERM_W;
    err = check_range(h, d, iova, pa, size);
    if (err)
        return err;
    if (perm & REC_PERM_DEMAND && h->ops->event && h->par.stall == HOST_STALL_MAP)
        return map_later(h, d, &(struct host_demand){ iova, pa, size, perm, page_log2 });
    return map_now(h, d, iova, pa, size, perm, page_log2);
}

/* ---- pages made on demand ------------------------------------------------------------------------ */

/* The page around iova, as far as it was to be mapped. */
static int map_demanded(struct host *h, struct host_domain *d, const struct host_demand *m, uint64_t iova,
                        bool *mapped)
{
    unsigned log2 = bits_log2(smallest(d));
    uint64_t from, to;
    int err;

    log2 = m->page_log2 > log2 ? m->page_log2 : log2;
    from = bits_align_down(iova, log2);
    to = from + (1ull << log2);
    from = from > m->iova ? from : m->iova;
    to = to < m->iova + m->size ? to : m->iova + m->size;
    err = map_now(h, d, from, m->pa + (from - m->iova), to - from, m->perm, m->page_log2);
    *mapped = !err;
    h->st.demand_maps += !err;
    return err;
}

static bool is_mapped(const struct host_domain *d, uint64_t iova)
{
    struct host_leaf l;

    if (iova >> d->in_bits)
        return false;
    d->host->ops->look(d, iova, &l);
    return l.present;
}

/* A page of memory that nobody has asked to be mapped. */
static int map_fresh(struct host *h, struct host_domain *d, uint64_t iova, bool *mapped)
{
    uint64_t page = smallest(d);
    int err = host_map(h, d->id, bits_align_down(iova, bits_log2(page)), h->next_page, page,
                       REC_PERM_R | REC_PERM_W, 0);

    *mapped = !err;
    h->st.page_maps += *mapped;
    h->next_page += *mapped ? page : 0;
    return err;
}

/* Is the page there now?  What was to be mapped on demand is; `fresh`: else a fresh page is. */
static int make_page(struct host *h, struct host_domain *d, uint64_t iova, bool fresh, bool *mapped)
{
    *mapped = is_mapped(d, iova);
    for (size_t i = 0; !*mapped && i < d->demands; i++) {
        const struct host_demand *m = &d->demand[i];

        if (iova >= m->iova && iova - m->iova < m->size)
            return map_demanded(h, d, m, iova, mapped);
    }
    return *mapped || !fresh ? 0 : map_fresh(h, d, iova, mapped);
}

int host_fault(struct host *h, uint32_t sid, uint32_t pasid, uint64_t iova, bool stage2, bool *mapped)
{
    const struct host_stream *s = host_stream_find(h, sid, pasid);

    *mapped = false;
    if (!s || !s->domain || h->par.stall < HOST_STALL_RETRY || (s->domain->parent && stage2))
        return 0;
    return make_page(h, s->domain, iova, false, mapped);
}

bool host_awaits(const struct host *h, const uint64_t *event)
{
    return h->ops->awaits && h->par.stall != HOST_STALL_OFF && h->ops->awaits(event);
}

int host_event(struct host *h, const uint64_t *event)
{
    return host_awaits(h, event) ? h->ops->event(h, event) : 0;
}

int host_identity(struct host_domain *d, uint64_t pa, uint64_t bytes)
{
    const struct host_ops *ops = d->host->ops;
    uint64_t attr = ops->attr(d, REC_PERM_R | REC_PERM_W), at = pa;
    struct host_leaf l;

    if (pa + bytes > 1ull << d->in_bits)
        return host_fail(d->host, SIM_EINPUT, "beyond the width of stage 2");
    for (; at < pa + bytes; at = (at | bits_low(l.size_log2)) + 1) {
        uint64_t sizes;
        int err;

        ops->look(d, at, &l);
        if (l.present)
            continue;
        if (l.size_log2 > IDENTITY_LOG2)
            l.size_log2 = IDENTITY_LOG2;
        sizes = d->sizes & bits_low(l.size_log2 + 1u);
        l.size_log2 = (uint8_t)bits_log2(sizes);
        err = ops->map(d, bits_align_down(at, l.size_log2), bits_align_down(at, l.size_log2),
                       l.size_log2, attr, 1);
        if (err)
            return err;
        d->host->st.leaves++;
    }
    return 0;
}

/* ---- unmap ----------------------------------------------------------------------------------- */

/* Invalidates what was gathered, if the unmap is strict. */
static int settle(struct host_domain *d, struct host_gone *g, bool strict)
{
    int err = 0;

    if (strict && g->last >= g->first)
        err = d->host->ops->invalidate(d->host, d, g);
    *g = (struct host_gone){ .first = 1, .last = 0 };
    return err;
}

static int gather(struct host_domain *d, struct host_gone *g, uint64_t first, unsigned leaf_log2,
                  bool strict)
{
    int err = 0;

    if (g->last < g->first || g->last + 1 != first || g->leaf_log2 != leaf_log2) {
        err = settle(d, g, strict);
        g->first = first;
        g->leaf_log2 = leaf_log2;
    }
    g->last = first | bits_low(leaf_log2);
    return err;
}

/* A block of which only [from, to) goes: it is taken away and invalidated whole, at once, whatever
 * the policy (a TLB must not hold it beside smaller pages); the rest is mapped again. */
static int split(struct host_domain *d, const struct host_leaf *l, uint64_t from, uint64_t to)
{
    const struct host_ops *ops = d->host->ops;
    uint64_t first = bits_align_down(from, l->size_log2), end = first + (1ull << l->size_log2);
    struct host_gone g = { first, end - 1, l->size_log2 };
    int err = ops->unmap(d, from);

    if (!err)
        err = ops->invalidate(d->host, d, &g);
    if (!err)
        err = map_range(d, first, l->out, from - first, l->attr, 63);
    if (!err)
        err = map_range(d, to, l->out + (to - first), end - to, l->attr, 63);
    d->host->st.splits++;
    return err;
}

static int unmap_leaf(struct host_domain *d, const struct host_leaf *l, uint64_t at, uint64_t end,
                      struct host_gone *g, bool strict)
{
    uint64_t first = bits_align_down(at, l->size_log2), next = first + (1ull << l->size_log2);
    int err;

    d->host->st.cleared++;
    if (first < at || next > end) {
        err = settle(d, g, strict);
        return err ? err : split(d, l, at, next < end ? next : end);
    }
    err = d->host->ops->unmap(d, first);
    return err ? err : gather(d, g, first, l->size_log2, strict);
}

/* [iova, end) is not to be mapped on demand any more.  True if any of it was. */
static int forget(struct host *h, struct host_domain *d, uint64_t iova, uint64_t end, bool *was)
{
    for (size_t i = 0; i < d->demands; i++) {
        struct host_demand m = d->demand[i], rest = m;
        uint64_t m_end = m.iova + m.size;
        int err;

        if (end <= m.iova || m_end <= iova)
            continue;
        *was = true;
        d->demand[i].size = iova > m.iova ? iova - m.iova : 0;
        rest.iova = end;
        rest.pa += end - m.iova;
        rest.size = m_end - end;
        if (d->demand[i].size == 0)
            d->demand[i--] = d->demand[--d->demands];
        err = end < m_end ? map_later(h, d, &rest) : 0;
        if (err)
            return err;
    }
    return 0;
}

int host_unmap(struct host *h, uint64_t domain, uint64_t iova, uint64_t size, bool strict)
{
    struct host_domain *d = find(h, domain);
    struct host_gone g = { .first = 1, .last = 0 };
    struct host_leaf l;
    uint64_t cleared = h->st.cleared;
    bool was = false;
    int err;

    if (!d)
        return host_fail(h, SIM_EINPUT, "unmap in a domain that does not exist");
    err = check_range(h, d, iova, 0, size);
    if (!err)
        err = forget(h, d, iova, iova + size, &was);
    for (uint64_t at = iova; !err && at < iova + size; at = (at | bits_low(l.size_log2)) + 1) {
        h->ops->look(d, at, &l);
        if (l.present)
            err = unmap_leaf(d, &l, at, iova + size, &g, strict);
    }
    if (!err)
        err = settle(d, &g, strict);
    if (!err && h->st.cleared == cleared && !was)
        return host_fail(h, SIM_EINPUT, "unmap where nothing is mapped");
    h->st.unmaps += !err;
    return err;
}

int host_flush(struct host *h, uint64_t domain)
{
    struct host_domain *d = find(h, domain);

    if (!d)
        return host_fail(h, SIM_EINPUT, "flush of a domain that does not exist");
    h->st.domain_flushes++;
    return h->ops->flush(h, d);
}

/* ---- page requests --------------------------------------------------------------------------- */

int host_page_request(struct host *h, const struct page_request *r)
{
    const struct host_stream *s = host_stream_find(h, r->rid, r->has_pasid ? r->pasid : 0);
    bool there = false;
    int err = 0;

    if (page_request_is_stop(r) || !h->ops->page_response)
        return 0;
    h->st.page_requests++;
    if (s && s->domain && h->par.page)
        err = make_page(h, s->domain, r->addr, true, &there);
    else if (s && s->domain)
        there = is_mapped(s->domain, r->addr);
    if (err == SIM_EENV || !r->last)
        return err == SIM_EENV ? err : 0;
    return h->ops->page_response(h, r, there ? PRI_SUCCESS : PRI_INVALID);
}

int host_record(struct host *h, const struct rec *r, const struct rec_ext *x, uint32_t sid)
{
    const uint64_t *w = x ? x->w : NULL;

    switch (r->kind) {
    case REC_ATTACH:
        if (r->flags & REC_F_PASID)
            return host_attach_pasid(h, sid, r->pasid, w[0], (unsigned)w[1]);
        return attach(h, sid, 0, w[0], (unsigned)w[1], r->words > 2 && w[2] & REC_ATTACH_ATS);
    case REC_DETACH:
        return r->flags & REC_F_PASID ? host_detach_pasid(h, sid, r->pasid) : host_detach(h, sid);
    case REC_MAP:
        return host_map(h, w[2], r->addr, w[0], w[1], (unsigned)w[3], (unsigned)w[4]);
    case REC_UNMAP:
        return host_unmap(h, w[1], r->addr, w[0], h->par.strict || r->words < 3 || !w[2]);
    case REC_FLUSH:
        return host_flush(h, w[0]);
    default:
        return 0;
    }
}
