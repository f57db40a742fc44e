/* SPDX-License-Identifier: Apache-2.0
 *
 * timed_impl.h - what timed.c, which puts a timed system together, and flow.c, which runs it, share.
 */
#ifndef SYSTEM_TIMED_IMPL_H
#define SYSTEM_TIMED_IMPL_H
#include "system/timed.h"

/* The process of every flow. */
proc_fn timed_run_flow;

#endif
