/* SPDX-License-Identifier: Apache-2.0
 *
 * arrival.h - when the next access may start: a parameter of the replay, and a key of workloads.
 */
#ifndef WORKLOADS_DEVICE_ARRIVAL_H
#define WORKLOADS_DEVICE_ARRIVAL_H

#define ARRIVAL_WORDS "auto|serial|closed|open|rate"

enum replay_arrival { REPLAY_AUTO, REPLAY_SERIAL, REPLAY_CLOSED, REPLAY_OPEN, REPLAY_RATE };
enum { REPLAY_ARRIVALS = REPLAY_RATE + 1, REPLAY_PACKET_MAX = 256 };

#endif
