/*
 * number_format: a template of to_char and to_number for numbers, taken apart
 * (PostgreSQL's NUMDesc): what it says of the whole, and its pieces in order.
 */
#ifndef SERVICE_PG_SQL_NUMBER_FORMAT_H
#define SERVICE_PG_SQL_NUMBER_FORMAT_H

#include "service/pg/sql/func/call.h"

enum key { K_NONE, K_COMMA, K_POINT, K_0, K_9, K_B, K_C, K_D, K_E, K_FM, K_G, K_L, K_MI, K_PL, K_PR, K_RN, K_rn, K_SG, K_SP, K_S, K_TH, K_th, K_V };

struct number_node {
	enum key key;
	char c;
};

struct number_format {
	struct number_node *nodes;
	size_t count;
	int pre, post, multi, zero_start, zero_end, pre_lsign;
	enum { SIGN_NONE, SIGN_PRE, SIGN_POST } lsign;
	bool fill, decimal, zero, blank, bracket, minus, plus, roman, v, eeee;
};

/* False: raised (42601). Nodes are the arena's; what is no pattern is K_NONE, byte by byte. */
bool number_format_parse(sqlite3_context *ctx, struct arena *a, struct slice s, struct number_format *f);

#endif
