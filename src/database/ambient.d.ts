// Types that these modules and Node's own do not bring.

declare module 'fs-native-extensions' {
  /** Locks an open file for this process alone; false when another has it. */
  export function tryLock(fd: number): boolean
}

declare namespace WebAssembly {
  type Exports = Record<string, unknown>
  type ModuleImports = Record<string, unknown>
  function instantiate(
    bytes: Uint8Array,
    imports: Record<string, ModuleImports>,
  ): Promise<{ instance: { exports: Exports } }>
}
