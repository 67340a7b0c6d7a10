/* report_page: the page of seam report, as the assembler reads it in. */
#include "report_page.h"

#include <string.h>

__asm__(".section .rodata\n"
	".global seam_report_page\n"
	"seam_report_page:\n"
	".incbin \"tools/report_page.html\"\n"
	".byte 0\n"
	".previous\n");
extern const char seam_report_page[];

struct slice report_page(bool before)
{
	static const char mark[] = "@PAYLOAD@";
	struct slice page = slice_str(seam_report_page);
	size_t at = slice_find_slice(page, SLICE_LIT("@PAYLOAD@"));

	return before ? slice_take(page, at) : slice_skip(page, at + sizeof(mark) - 1);
}
