/* SPDX-License-Identifier: Apache-2.0 */
#include "system/smmuv3/parts.h"

#include "system/smmuv3/smmuv3.h"

PARAM_ROWS(parts_rows, SMMUV3_PARTS_PARAMS);
PARAM_ROWS(party_rows, SMMUV3_PARTY_PARAMS);

enum { REST = SMMUV3_PARTIES };

static const char *const names[] = { "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "rest" };
static const char *const paths[] = { "smmu.parts.p0", "smmu.parts.p1", "smmu.parts.p2", "smmu.parts.p3",
                                     "smmu.parts.p4", "smmu.parts.p5", "smmu.parts.p6", "smmu.parts.p7" };

void smmuv3_parts_params(struct smmuv3_parts *p, struct param_set *set)
{
    param_add(set, "smmu.parts", parts_rows, ARRAY_LEN(parts_rows), &p->par.by);
    for (unsigned i = 0; i < SMMUV3_PARTIES; i++)
        param_add(set, paths[i], party_rows, ARRAY_LEN(party_rows), &p->party[i].first);
}

static unsigned party_of(const struct smmuv3_parts *p, uint64_t id)
{
    unsigned i = 0;

    while (i < SMMUV3_PARTIES && (id < p->party[i].first || id > p->party[i].last))
        i++;
    return i;
}

unsigned smmuv3_party(struct smmuv3_system *s, const struct xl_req *r)
{
    const struct smmuv3_parts *p = &s->par.parts;
    const struct smmuv3_config *c;

    switch (p->par.by) {
    case SMMUV3_PARTS_TBU:
        return party_of(p, smmuv3_tbu_of(s, r->sid));
    case SMMUV3_PARTS_STREAM:
        return party_of(p, r->sid);
    case SMMUV3_PARTS_VMID:
        c = store_exists(&s->cfg) ? store_peek(&s->cfg, smmuv3_stream_key(r), r->sid) : NULL;
        return c ? party_of(p, c->vmid) : REST;
    default:
        return 0;
    }
}

void smmuv3_parts_fill(struct smmuv3_system *s, const struct xl_req *r, uint64_t vmid, struct store *store)
{
    const struct smmuv3_parts *p = &s->par.parts;
    unsigned i = p->par.by == SMMUV3_PARTS_VMID ? party_of(p, vmid) : smmuv3_party(s, r);

    if (i == REST)
        store_ways(store, 0, 100);
    else
        store_ways(store, (unsigned)p->party[i].ways_from, (unsigned)p->party[i].ways_to);
}

void smmuv3_parts_divide(const struct smmuv3_parts *p, struct shares *shares, bool tokens)
{
    struct share_params par[SMMUV3_PARTIES + 1];

    if (p->par.by == SMMUV3_PARTS_NONE)
        return;
    for (unsigned i = 0; i < SMMUV3_PARTIES; i++) {
        const struct smmuv3_party_params *of = &p->party[i];

        par[i] = (struct share_params){ tokens ? of->tokens : of->slots, of->weight, of->priority };
    }
    par[REST] = (struct share_params){ .weight = 1 };
    shares_divide(shares, (enum shares_arbiter)p->par.arbiter, SMMUV3_PARTIES + 1, par, names);
}
