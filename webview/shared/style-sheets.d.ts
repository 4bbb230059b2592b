/** Style sheets that a page brings along; the bundler puts them beside its script. */
declare module '*.css';
