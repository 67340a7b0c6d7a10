/* seam: the command. Finds the subcommand in its table and hands over. */
#include <stdio.h>

int main(void)
{
	fprintf(stderr, "seam: no subcommand given\n");
	return 2;
}
