/* Types that are still to come. */
#include "service/pg/sql/type/type.h"
#include "service/pg/sql/func/library_state.h"
const struct type_ops type_net_rows[] = { { 0 } };
const struct type_ops type_reg_rows[] = { { 0 } };
