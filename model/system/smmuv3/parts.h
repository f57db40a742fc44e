/* SPDX-License-Identifier: Apache-2.0
 *
 * parts.h - what an SMMU has, divided among parties: TBUs, streams or virtual machines.
 *
 * A table maps ranges of TBU numbers, StreamIDs or VMIDs to parties p0 to p7; what is in none of them is `rest`,
 * without limits.  A party has a part of the ways of every TLB, so many slots of the TCU and of each TBU at
 * most, and a weight and a priority by which the arbiter chooses who has the next slot.  The VMID of a miss is
 * that of its cached configuration: without one it is `rest` for the slots.
 */
#ifndef SYSTEM_SMMUV3_PARTS_H
#define SYSTEM_SMMUV3_PARTS_H
#include "base/param.h"
#include "hw/store.h"

#define SMMUV3_PARTS_PARAMS(P)                                                                       \
    P(choice, by, 0, 0, 3, "none|tbu|stream|vmid", "what first and last of the parties are")         \
    P(choice, arbiter, 0, 0, 3, "age|round-robin|weighted|priority",                                  \
      "which party has the next slot, in TBUs and TCU; of one party who has waited longest")

#define SMMUV3_PARTY_PARAMS(P)                                                                       \
    P(u64, first, 1, 0, 4294967295u, "1", "TBU, StreamID or VMID; with last below it: no such party") \
    P(u64, last,  0, 0, 4294967295u, "1", "TBU, StreamID or VMID")                                    \
    P(u64, ways_from, 0, 0, 99, "%", "of each TLB's ways, those before are others'")                  \
    P(u64, ways_to, 100, 1, 100, "%", "of each TLB's ways, those from here on are others'; one way at least") \
    P(u64, slots,    0, 0, 65536, "1", "of the TCU at a time; 0: any number")                        \
    P(u64, tokens,   0, 0, 65536, "1", "slots of a TBU at a time; 0: any number")                    \
    P(u64, weight,   1, 1, 1000, "1", "slots in a round (arbiter: weighted)")                        \
    P(u64, priority, 0, 0, 15, "1", "the higher comes first (arbiter: priority)")

enum smmuv3_parts_by { SMMUV3_PARTS_NONE, SMMUV3_PARTS_TBU, SMMUV3_PARTS_STREAM, SMMUV3_PARTS_VMID };
enum { SMMUV3_PARTIES = 8 };           /* and `rest` */

struct smmuv3_parts_params { PARAM_FIELDS(SMMUV3_PARTS_PARAMS) };
struct smmuv3_party_params { PARAM_FIELDS(SMMUV3_PARTY_PARAMS) };

struct smmuv3_parts {
    struct smmuv3_parts_params par;
    struct smmuv3_party_params party[SMMUV3_PARTIES];
};

struct shares;
struct smmuv3_system;
struct xl_req;

void smmuv3_parts_params(struct smmuv3_parts *p, struct param_set *set);

/* Of a request that has come to its slot. */
unsigned smmuv3_party(struct smmuv3_system *s, const struct xl_req *r);

/* The next insert into the store is for this request, whose VMID is known by now. */
void smmuv3_parts_fill(struct smmuv3_system *s, const struct xl_req *r, uint64_t vmid, struct store *store);

/* Divides slots of the TCU, or (tokens) of a TBU. */
void smmuv3_parts_divide(const struct smmuv3_parts *p, struct shares *shares, bool tokens);

#endif
