/* SPDX-License-Identifier: Apache-2.0
 *
 * ats_impl.h - what ats.c, what a device does, and ats_timed.c, when it does it, share.
 */
#ifndef SYSTEM_ATS_IMPL_H
#define SYSTEM_ATS_IMPL_H
#include "base/sim.h"
#include "system/ats.h"
#include "system/timed_impl.h"

enum ats_answer { ATS_GRANTED, ATS_REFUSED, ATS_FAILED, ATS_OVERTAKEN };

struct ats_link *ats_link_of(struct ats *a, uint32_t rid);

/* An access's context in the ATC and the rights it needs. */
uint64_t ats_ctx(const struct xl_req *r);
unsigned ats_need(const struct xl_req *r);

/* The answer to a request made when `since` invalidations had taken effect: kept, and in *line if it grants
 * anything. */
enum ats_answer ats_take_answer(struct ats *a, struct ats_link *l, const struct xl_req *access,
                                const struct xl_result *res, uint64_t since, struct atc_line *line);

/* The access as it goes out, and what its end is. */
struct xl_req ats_translated(const struct xl_req *access, const struct atc_line *line);
void ats_end(const struct xl_req *access, const struct atc_line *line, struct xl_result *res);

/* Page requests for an access that has made `tries` groups: f is NULL in functional mode. */
bool ats_may_ask_page(const struct ats *a, const struct xl_req *access, unsigned tries);
uint16_t ats_open_group(struct ats *a, struct ats_link *l, uint32_t rid, struct flow *f);
void ats_send_group(struct ats *a, uint16_t group, const struct xl_req *access);

/* Timed: f's group has been answered. */
void ats_wake(struct ats *a, struct flow *f);

#endif
