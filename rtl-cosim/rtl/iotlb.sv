// SPDX-License-Identifier: Apache-2.0
//
// iotlb - translations of pages and blocks of the 4K granule: a store of leaf_t.
//
// Ports and times are store's.  The context is the tag of the translation regime (ASID, VMID, stages), the
// address that of the access.

module iotlb
  import iommu_pkg::*;
#(
  parameter int SETS          = 16,
  parameter int WAYS          = 4,
  parameter int POLICY        = 1,
  parameter int INDEX         = 0,
  parameter int PROBE         = 0,
  parameter bit TOUCH_ON_FILL = 1,
  parameter bit INVALID_FIRST = 1,
  parameter bit FILL_IN_FLUSH = 1,
  parameter int LATENCY       = 1
) (
  input  logic             clk,
  input  logic             rst_n,
  output logic             ready,
  input  logic             lookup_valid,
  input  logic [CTX_W-1:0] lookup_ctx,
  input  logic [63:0]      lookup_addr,
  output logic             hit_valid,
  output logic             hit,
  output logic [5:0]       hit_size,
  output leaf_t            hit_leaf,
  input  logic             fill_valid,
  input  logic [CTX_W-1:0] fill_ctx,
  input  logic [63:0]      fill_base,
  input  logic [5:0]       fill_size,
  input  logic [TAG_W-1:0] fill_tag,
  input  leaf_t            fill_leaf,
  output logic             filled,
  output logic             fill_evicted,
  output logic [15:0]      fill_way,
  input  logic             inval_valid,
  input  match_t           inval_match,
  output logic             inval_done
);

  logic [$bits(leaf_t)-1:0] payload;

  store #(
    .SETS(SETS), .WAYS(WAYS), .N_SIZES(3), .SIZES({6'd30, 6'd21, 6'd12}), .PAYLOAD_W($bits(leaf_t)),
    .POLICY(POLICY), .INDEX(INDEX), .PROBE(PROBE), .TOUCH_ON_FILL(TOUCH_ON_FILL),
    .INVALID_FIRST(INVALID_FIRST), .FILL_IN_FLUSH(FILL_IN_FLUSH), .LATENCY(LATENCY)
  ) entries (
    .clk, .rst_n, .ready,
    .lookup_valid, .lookup_ctx, .lookup_addr, .hit_valid, .hit, .hit_size, .hit_payload(payload),
    .fill_valid, .fill_ctx, .fill_base, .fill_size, .fill_tag, .fill_payload(fill_leaf),
    .filled, .fill_evicted, .fill_way,
    .inval_valid, .inval_match, .inval_done
  );

  assign hit_leaf = payload;

endmodule
