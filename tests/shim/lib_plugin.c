/* lib_plugin: an object that comes by dlopen() and calls lib_typed through a
 * slot of its own. */
int typed_add(int a, int b);
int plugin_go(int n);

int plugin_go(int n)
{
	return typed_add(n, 100);
}
