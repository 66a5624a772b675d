/** The address of the icon sprite; the build puts it in. */
declare const __ICONS__: string;
