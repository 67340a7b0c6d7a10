/*
 * Task: command tags by statement node, as CreateCommandTag() in PostgreSQL's
 * src/backend/tcop/utility.c gives them. Nodes whose tag depends on a member
 * (DROP TABLE, COMMIT PREPARED) have a second table.
 */
#include "port/sql_verb.h"
#include "port/sql_tree.h"

#include <ctype.h>

static const struct {
	const char *type, *verb;
} simple[] = {
	{ "SelectStmt", "SELECT" },
	{ "InsertStmt", "INSERT" },
	{ "UpdateStmt", "UPDATE" },
	{ "DeleteStmt", "DELETE" },
	{ "MergeStmt", "MERGE" },
	{ "CopyStmt", "COPY" },
	{ "CreateStmt", "CREATE TABLE" },
	{ "CreateForeignTableStmt", "CREATE FOREIGN TABLE" },
	{ "ViewStmt", "CREATE VIEW" },
	{ "IndexStmt", "CREATE INDEX" },
	{ "CreateSchemaStmt", "CREATE SCHEMA" },
	{ "CreateSeqStmt", "CREATE SEQUENCE" },
	{ "AlterSeqStmt", "ALTER SEQUENCE" },
	{ "CreateExtensionStmt", "CREATE EXTENSION" },
	{ "CreateDomainStmt", "CREATE DOMAIN" },
	{ "CreateEnumStmt", "CREATE TYPE" },
	{ "CompositeTypeStmt", "CREATE TYPE" },
	{ "CreateRangeStmt", "CREATE TYPE" },
	{ "AlterEnumStmt", "ALTER TYPE" },
	{ "CreateTrigStmt", "CREATE TRIGGER" },
	{ "RuleStmt", "CREATE RULE" },
	{ "CreatedbStmt", "CREATE DATABASE" },
	{ "AlterDatabaseStmt", "ALTER DATABASE" },
	{ "AlterDatabaseSetStmt", "ALTER DATABASE" },
	{ "DropdbStmt", "DROP DATABASE" },
	{ "CreateRoleStmt", "CREATE ROLE" },
	{ "AlterRoleStmt", "ALTER ROLE" },
	{ "AlterRoleSetStmt", "ALTER ROLE" },
	{ "DropRoleStmt", "DROP ROLE" },
	{ "CreatePolicyStmt", "CREATE POLICY" },
	{ "CreatePublicationStmt", "CREATE PUBLICATION" },
	{ "CreateSubscriptionStmt", "CREATE SUBSCRIPTION" },
	{ "CreateStatsStmt", "CREATE STATISTICS" },
	{ "RefreshMatViewStmt", "REFRESH MATERIALIZED VIEW" },
	{ "TruncateStmt", "TRUNCATE TABLE" },
	{ "VariableShowStmt", "SHOW" },
	{ "ExplainStmt", "EXPLAIN" },
	{ "PrepareStmt", "PREPARE" },
	{ "ExecuteStmt", "EXECUTE" },
	{ "DeclareCursorStmt", "DECLARE CURSOR" },
	{ "ListenStmt", "LISTEN" },
	{ "NotifyStmt", "NOTIFY" },
	{ "UnlistenStmt", "UNLISTEN" },
	{ "LockStmt", "LOCK TABLE" },
	{ "DoStmt", "DO" },
	{ "CallStmt", "CALL" },
	{ "CommentStmt", "COMMENT" },
	{ "SecLabelStmt", "SECURITY LABEL" },
	{ "ConstraintsSetStmt", "SET CONSTRAINTS" },
	{ "CheckPointStmt", "CHECKPOINT" },
	{ "LoadStmt", "LOAD" },
	{ "ReindexStmt", "REINDEX" },
	{ "ClusterStmt", "CLUSTER" },
	{ "AlterDefaultPrivilegesStmt", "ALTER DEFAULT PRIVILEGES" },
	{ "AlterFunctionStmt", "ALTER FUNCTION" },
	{ "AlterDomainStmt", "ALTER DOMAIN" },
	{ "AlterSystemStmt", "ALTER SYSTEM" },
	{ "DropOwnedStmt", "DROP OWNED" },
	{ "ReassignOwnedStmt", "REASSIGN OWNED" },
};

/* The tag is given by a member's value. */
static const struct {
	const char *type, *member, *value, *verb;
} by_member[] = {
	{ "TransactionStmt", "kind", "TRANS_STMT_BEGIN", "BEGIN" },
	{ "TransactionStmt", "kind", "TRANS_STMT_START", "START TRANSACTION" },
	{ "TransactionStmt", "kind", "TRANS_STMT_COMMIT", "COMMIT" },
	{ "TransactionStmt", "kind", "TRANS_STMT_ROLLBACK", "ROLLBACK" },
	{ "TransactionStmt", "kind", "TRANS_STMT_ROLLBACK_TO", "ROLLBACK" },
	{ "TransactionStmt", "kind", "TRANS_STMT_SAVEPOINT", "SAVEPOINT" },
	{ "TransactionStmt", "kind", "TRANS_STMT_RELEASE", "RELEASE" },
	{ "TransactionStmt", "kind", "TRANS_STMT_PREPARE", "PREPARE TRANSACTION" },
	{ "TransactionStmt", "kind", "TRANS_STMT_COMMIT_PREPARED", "COMMIT PREPARED" },
	{ "TransactionStmt", "kind", "TRANS_STMT_ROLLBACK_PREPARED", "ROLLBACK PREPARED" },
	{ "VariableSetStmt", "kind", "VAR_RESET", "RESET" },
	{ "VariableSetStmt", "kind", "VAR_RESET_ALL", "RESET" },
	{ "VariableSetStmt", "kind", NULL, "SET" },
	{ "DiscardStmt", "target", "DISCARD_PLANS", "DISCARD PLANS" },
	{ "DiscardStmt", "target", "DISCARD_SEQUENCES", "DISCARD SEQUENCES" },
	{ "DiscardStmt", "target", "DISCARD_TEMP", "DISCARD TEMP" },
	{ "DiscardStmt", "target", NULL, "DISCARD ALL" },
	{ "CreateTableAsStmt", "objtype", "OBJECT_MATVIEW", "CREATE MATERIALIZED VIEW" },
	{ "CreateTableAsStmt", "relkind", "OBJECT_MATVIEW", "CREATE MATERIALIZED VIEW" },
	{ "CreateTableAsStmt", "objtype", NULL, "CREATE TABLE AS" },
	/* A name that is not there means all of them. */
	{ "DeallocateStmt", "name", "", "DEALLOCATE ALL" },
	{ "DeallocateStmt", "name", NULL, "DEALLOCATE" },
	{ "ClosePortalStmt", "portalname", "", "CLOSE CURSOR ALL" },
	{ "ClosePortalStmt", "portalname", NULL, "CLOSE CURSOR" },
};

/* The tag is chosen by a boolean member: first when true. */
static const struct {
	const char *type, *member, *yes, *no;
} by_flag[] = {
	{ "FetchStmt", "ismove", "MOVE", "FETCH" },
	{ "VacuumStmt", "is_vacuumcmd", "VACUUM", "ANALYZE" },
	{ "GrantStmt", "is_grant", "GRANT", "REVOKE" },
	{ "GrantRoleStmt", "is_grant", "GRANT ROLE", "REVOKE ROLE" },
	{ "CreateFunctionStmt", "is_procedure", "CREATE PROCEDURE", "CREATE FUNCTION" },
};

/* The tag is a word and the kind of object: "DROP" + "OBJECT_TABLE". */
static const struct {
	const char *type, *word, *member;
} by_object[] = {
	{ "DropStmt", "DROP", "removeType" },
	{ "RenameStmt", "ALTER", "renameType" },
	{ "AlterTableStmt", "ALTER", "objtype" },
	{ "AlterTableStmt", "ALTER", "relkind" },
	{ "AlterOwnerStmt", "ALTER", "objectType" },
	{ "AlterObjectSchemaStmt", "ALTER", "objectType" },
	{ "DefineStmt", "CREATE", "kind" },
};

/* Object types whose words are not their constant's. */
static const struct {
	const char *type, *words;
} objects[] = {
	{ "OBJECT_MATVIEW", "MATERIALIZED VIEW" },
	{ "OBJECT_FOREIGN_TABLE", "FOREIGN TABLE" },
	{ "OBJECT_COLUMN", "TABLE" },
	{ "OBJECT_TABCONSTRAINT", "TABLE" },
	{ "OBJECT_ATTRIBUTE", "TYPE" },
	{ "OBJECT_DOMCONSTRAINT", "DOMAIN" },
	{ "OBJECT_TSCONFIGURATION", "TEXT SEARCH CONFIGURATION" },
	{ "OBJECT_TSDICTIONARY", "TEXT SEARCH DICTIONARY" },
	{ "OBJECT_TSPARSER", "TEXT SEARCH PARSER" },
	{ "OBJECT_TSTEMPLATE", "TEXT SEARCH TEMPLATE" },
	{ "OBJECT_FDW", "FOREIGN DATA WRAPPER" },
	{ "OBJECT_FOREIGN_SERVER", "SERVER" },
	{ "OBJECT_OPCLASS", "OPERATOR CLASS" },
	{ "OBJECT_OPFAMILY", "OPERATOR FAMILY" },
	{ "OBJECT_ACCESS_METHOD", "ACCESS METHOD" },
	{ "OBJECT_EVENT_TRIGGER", "EVENT TRIGGER" },
	{ "OBJECT_STATISTIC_EXT", "STATISTICS" },
};

static struct slice with_object(const char *word, const char *object, struct arena *a)
{
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (strcmp(objects[i].type, object) == 0)
			return arena_printf(a, "%s %s", word, objects[i].words);
	if (strncmp(object, "OBJECT_", 7) != 0)
		return SLICE_NONE;
	return arena_printf(a, "%s %s", word, object + 7);
}

struct slice sql_verb(const char *type, json_t *members, struct arena *a)
{
	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (strcmp(simple[i].type, type) == 0)
			return slice_str(simple[i].verb);
	for (size_t i = 0; i < sizeof(by_member) / sizeof(by_member[0]); i++)
		if (strcmp(by_member[i].type, type) == 0 &&
		    (!by_member[i].value || strcmp(by_member[i].value, sql_node_text(members, by_member[i].member)) == 0))
			return slice_str(by_member[i].verb);
	for (size_t i = 0; i < sizeof(by_flag) / sizeof(by_flag[0]); i++)
		if (strcmp(by_flag[i].type, type) == 0)
			return slice_str(sql_node_bool(members, by_flag[i].member) ? by_flag[i].yes : by_flag[i].no);
	for (size_t i = 0; i < sizeof(by_object) / sizeof(by_object[0]); i++)
		if (strcmp(by_object[i].type, type) == 0 && json_object_get(members, by_object[i].member))
			return with_object(by_object[i].word, sql_node_text(members, by_object[i].member), a);
	return SLICE_NONE;
}
