// SPDX-License-Identifier: Apache-2.0
//
// cfg_cache - decoded configurations, an STE with its CD: a store of cfg_t.
//
// Ports and times are store's.  The context is the stream with its substream; the StreamID stands in for an
// address: it selects the set, and ranges of it are invalidated.

module cfg_cache
  import iommu_pkg::*;
#(
  parameter int SETS          = 1,
  parameter int WAYS          = 8,
  parameter int POLICY        = 1,
  parameter int INDEX         = 0,
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
  input  logic [SID_W-1:0] lookup_sid,
  output logic             hit_valid,
  output logic             hit,
  output cfg_t             hit_cfg,
  input  logic             fill_valid,
  input  logic [CTX_W-1:0] fill_ctx,
  input  logic [SID_W-1:0] fill_sid,
  input  logic [TAG_W-1:0] fill_tag,
  input  cfg_t             fill_cfg,
  output logic             filled,
  output logic             fill_evicted,
  output logic [15:0]      fill_way,
  input  logic             inval_valid,
  input  match_t           inval_match,
  output logic             inval_done
);

  logic [$bits(cfg_t)-1:0] payload;
  logic [5:0]              size;
  wire                     unused = &{1'b0, size};

  store #(
    .SETS(SETS), .WAYS(WAYS), .N_SIZES(1), .SIZES(6'd0), .PAYLOAD_W($bits(cfg_t)),
    .POLICY(POLICY), .INDEX(INDEX), .TOUCH_ON_FILL(TOUCH_ON_FILL),
    .INVALID_FIRST(INVALID_FIRST), .FILL_IN_FLUSH(FILL_IN_FLUSH), .LATENCY(LATENCY)
  ) entries (
    .clk, .rst_n, .ready,
    .lookup_valid, .lookup_ctx, .lookup_addr(64'(lookup_sid)), .hit_valid, .hit, .hit_size(size),
    .hit_payload(payload),
    .fill_valid, .fill_ctx, .fill_base(64'(fill_sid)), .fill_size(6'd0), .fill_tag, .fill_payload(fill_cfg),
    .filled, .fill_evicted, .fill_way,
    .inval_valid, .inval_match, .inval_done
  );

  assign hit_cfg = payload;

endmodule
