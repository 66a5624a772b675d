/** The address of the icon sprite; the build puts it in. */
declare const __ICONS__: string;

declare module "*.json" {
  const value: Record<string, string | Record<string, string>>;
  export default value;
}
